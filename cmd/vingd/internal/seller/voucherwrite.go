package seller

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newVoucherCreate(a *cli.App) *cobra.Command {
	var p vingd.VoucherParams
	var expires, group string
	c := &cobra.Command{
		Use:   "create AMOUNT",
		Short: "Make a voucher",
		Long: `Makes a voucher. Its amount is reserved on your account until the voucher is redeemed,
revoked or expired. To make many, use vingd campaign.

A day such as --expires 2026-12-31 is its beginning, 00:00 in your time zone: on that day the
voucher is not valid any more.

Without --description the command writes a reference of its own there. By it the command
finds the voucher again if the outcome of the call is unknown. With --description the exit code
is 3 then. Wait two minutes, because the request may arrive late. Then look at
vingd vouchers list, and only then make another.`,
		Example: `  vingd vouchers create 5.00 --message "Thank you!"
  vingd vouchers create 5.00 --expires 30d --group spring
  vingd vouchers create 5.00 --jq .url`,
		Args: cli.Arguments("AMOUNT"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if p.Amount, err = cli.Amount("amount", args[0]); err != nil {
				return err
			}
			if p.Expires, err = cli.Expiry("--expires", expires); err != nil {
				return err
			}
			p.Group = vingd.GroupID(group)
			hasNote := p.Description != ""
			if !hasNote {
				p.Description = newReference()
			}
			if err := a.Check(voucherKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if ok, err := a.Announce(c.Context(), "Make a voucher of %v, %s,", p.Amount, termsOf(&p, expires)); !ok {
				return err
			}
			const advice = firstWait + "look at vingd vouchers list before you make another"
			var voucher *vingd.Voucher
			if hasNote { // no look-up: an earlier voucher may have the description, too
				voucher, err = client.Vouchers.Create(context.WithoutCancel(c.Context()), p)
				err = again(err, advice)
			} else {
				voucher, err = settled(c.Context(), a, advice,
					func(ctx context.Context) (*vingd.Voucher, error) { return client.Vouchers.Create(ctx, p) },
					func(ctx context.Context, sent time.Time) (*vingd.Voucher, error) {
						return client.Vouchers.Reconcile(ctx, p, sent)
					})
			}
			if err != nil {
				return err
			}
			return a.Result(voucherKind, voucherRecord(client)(*voucher))
		},
	}
	c.Flags().StringVar(&p.Message, "message", "", "a text for the user who redeems it")
	c.Flags().StringVar(&group, "group", "", "its `GROUP`: a user can redeem one voucher of a group")
	c.Flags().StringVar(&expires, "expires", "", "the `TIME` when it expires, or how long it is valid, like 30d (default 7d)")
	c.Flags().StringVar(&p.Description, "description", "", "a note for yourself")
	a.WriteFlags(c)
	a.PrintFlags(c, voucherKind)
	return c
}

// termsOf says until when a voucher is valid, and which message and group it has.
func termsOf(p *vingd.VoucherParams, expires string) string {
	text := "valid for 7 days"
	if d, ok := cli.ParseSpan(expires); ok {
		text = "valid until " + untilText(time.Now().Add(d))
	} else if t, ok := cli.ParseInstant(expires); ok {
		text = "valid until " + untilText(t)
	}
	if p.Message != "" {
		text += fmt.Sprintf(", with the message %q", p.Message)
	}
	if p.Group != "" {
		text += fmt.Sprintf(", in group %q", p.Group)
	}
	return text
}

// newReference returns a reference that no other call has. References differ only in their digits.
func newReference() string {
	text := "voucher"
	for range 6 { // groups of four digits: a broker may mask longer numbers as those of cards
		n, err := rand.Int(rand.Reader, big.NewInt(10_000))
		if err != nil {
			panic(err) // the system has no random numbers
		}
		text += fmt.Sprintf(".%04d", n)
	}
	return text
}
