package seller

import (
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newVouchers(a *cli.App) *cobra.Command {
	return parent("vouchers", "Make vouchers, print them, and see what happens to them", `  vingd vouchers create 5.00 --message "Thank you!"
  vingd vouchers list
  vingd vouchers history --follow`,
		newVoucherList(a), newVoucherGet(a), newVoucherCreate(a), newVoucherHistory(a), newVoucherRevoke(a), newVoucherQR(a), newVoucherSheet(a))
}

// voucherFlags are the flags that choose vouchers.
type voucherFlags struct {
	window

	from, to, group, after, before string
}

func (f *voucherFlags) flags(c *cobra.Command) {
	f.choose(c)
	f.window.flags(c, "vouchers", false)
}

// choose adds the flags without those that bound a list: a revocation with these could not tell its outcome.
func (f *voucherFlags) choose(c *cobra.Command) {
	c.Flags().StringVar(&f.from, "from", "", "with this source account, by `UID`")
	c.Flags().StringVar(&f.to, "to", "", "with this destination account, by `UID`")
	c.Flags().StringVar(&f.group, "group", "", "of this `GROUP`")
	c.Flags().StringVar(&f.after, "valid-after", "", "valid after this `TIME`, or for longer than a span, like 7d")
	c.Flags().StringVar(&f.before, "valid-before", "", "valid until before this `TIME`, or for less than a span, like 7d")
}

func (f *voucherFlags) filter() (filter vingd.VoucherFilter, err error) {
	filter.Group, filter.First, filter.Last = vingd.GroupID(f.group), f.first, f.last
	if filter.From, err = account("--from", f.from, 0); err != nil {
		return filter, err
	}
	if filter.To, err = account("--to", f.to, 0); err != nil {
		return filter, err
	}
	if filter.ValidAfter, err = cli.Future("--valid-after", f.after); err != nil {
		return filter, err
	}
	filter.ValidBefore, err = cli.Future("--valid-before", f.before)
	return filter, err
}

func newVoucherList(a *cli.App) *cobra.Command {
	var f voucherFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List your vouchers",
		Long: `Lists your vouchers, in every state. AMOUNT_ALLOCATED is what is still reserved: it is
empty for a voucher that was redeemed, revoked or expired.`,
		Example: `  vingd vouchers list --group spring
  vingd vouchers list --valid-before 7d               they expire within 7 days
  vingd vouchers list -o csv > vouchers.csv`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			return list(a, voucherKind, client.Vouchers.All(c.Context(), filter), voucherRecord(client))
		},
	}
	f.flags(c)
	a.PrintFlags(c, voucherKind)
	return c
}

func newVoucherGet(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "get CODE",
		Short: "Print a voucher",
		Example: `  vingd vouchers get LXKG-TBR-HQV
  vingd vouchers get LXKG-TBR-HQV --jq .url`,
		Args:              cli.Arguments("CODE"),
		ValidArgsFunction: completeVouchers(a),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.Client()
			if err != nil {
				return err
			}
			voucher, err := client.Vouchers.Get(c.Context(), vingd.VoucherCode(args[0]))
			if err != nil {
				return err
			}
			return a.One(voucherKind, voucherRecord(client)(*voucher))
		},
	}
	a.PrintFlags(c, voucherKind)
	return c
}

func newVoucherHistory(a *cli.App) *cobra.Command {
	var v voucherFlags
	var f follow
	var code, action, since, until string
	c := &cobra.Command{
		Use:   "history",
		Short: "List what happened to your vouchers",
		Long: `Lists what happened to your vouchers. Action is add, use, revoke or expire. With
--follow it goes on with new entries until Ctrl-C.`,
		Example: `  vingd vouchers history --since 7d --action use
  vingd vouchers history --code LXKG-TBR-HQV
  vingd vouchers history --follow -o jsonl`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			chosen, err := v.filter()
			if err != nil {
				return err
			}
			filter := vingd.HistoryFilter{
				Code: vingd.VoucherCode(code), Action: vingd.VoucherAction(action), From: chosen.From, To: chosen.To, Group: chosen.Group,
				ValidAfter: chosen.ValidAfter, ValidBefore: chosen.ValidBefore, First: chosen.First, Last: chosen.Last,
			}
			if filter.CreatedAfter, err = cli.Past("--since", since); err != nil {
				return err
			}
			if filter.CreatedBefore, err = cli.Past("--until", until); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if !f.on {
				return list(a, entryKind, client.Vouchers.AllHistory(c.Context(), filter), entryRecord)
			}
			f.since = since
			return followed(c.Context(), a, &f, entryKind, entryRecord, func(since vingd.Time, isFirst bool) iter.Seq2[vingd.LogEntry, error] {
				if filter.CreatedAfter = since; !isFirst {
					filter.Last = 0
				}
				return client.Vouchers.AllHistory(c.Context(), filter)
			}, func(e vingd.LogEntry) (int64, time.Time) { return int64(e.ID), e.Time })
		},
	}
	v.flags(c)
	f.flags(c)
	c.Flags().StringVar(&code, "code", "", "of this voucher, by `CODE`")
	c.Flags().StringVar(&action, "action", "", "of this `ACTION`: add, use, revoke or expire")
	c.Flags().StringVar(&since, "since", "", "entries newer than this `TIME`, or than a span ago, like 7d")
	c.Flags().StringVar(&until, "until", "", "entries older than this `TIME`, or than a span ago, like 7d")
	_ = c.RegisterFlagCompletionFunc("code", completeVouchers(a))
	_ = c.RegisterFlagCompletionFunc("action", cobra.FixedCompletions([]string{"add", "use", "revoke", "expire"}, cobra.ShellCompDirectiveNoFileComp))
	a.PrintFlags(c, entryKind)
	return c
}
