package seller

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/sheet"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// issuedOf returns the vouchers that a campaign made.
func issuedOf(ctx context.Context, a *cli.App, path string) (*plan.Plan, []plan.Issued, error) {
	client, err := a.Client()
	if err != nil {
		return nil, nil, err
	}
	p, rows, lives, err := campaignRows(ctx, a, path)
	if err != nil {
		return nil, nil, err
	}
	var issued []plan.Issued
	for i, row := range rows {
		if row.State == batch.Done {
			issued = append(issued, plan.Issued{
				Row: &p.Rows[i], Place: i + 1, Code: row.Code, URL: client.Vouchers.URLs(row.Code).Redirect,
				Until: lives[row.Code].until, Ended: lives[row.Code].ended,
			})
		}
	}
	if missing := len(p.Rows) - len(issued); missing > 0 {
		a.Say("%d of %d rows have no voucher: see vingd campaign status %s", missing, len(p.Rows), cli.Quoted(path))
	}
	return p, issued, nil
}

// openOf leaves the vouchers that a user can still redeem.
func openOf(a *cli.App, issued []plan.Issued) []plan.Issued {
	open := slices.DeleteFunc(slices.Clone(issued), func(v plan.Issued) bool { return v.Ended != "" })
	if ended := len(issued) - len(open); ended > 0 {
		a.Say("Not on the page: %s redeemed, revoked or expired", number(ended, "voucher"))
	}
	return open
}

// untilText returns an expiry as a sheet has it, in the seller's time zone. It has the time, because the voucher is not valid
// later on that day.
func untilText(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.Local().Format("2006-01-02 15:04 MST")
}

// beside returns the name of a file beside another one, of another ending.
func beside(path, ending string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ending }

func newCampaignExport(a *cli.App) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "export PLAN.csv",
		Short: "Write the codes to a CSV file that you alone can read",
		Long: `Writes the vouchers of a campaign to a CSV file: code, URL, and the columns of the plan. In
the column valid_until is the moment when the broker lets the voucher expire. State is open,
redeemed, revoked or expired. You alone can read the file: its codes are money.`,
		Example: `  vingd campaign export spring.csv              to spring-codes.csv
  vingd campaign export spring.csv --out codes.csv`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := notInto(args[0], "out", out); err != nil {
				return err
			}
			p, issued, err := issuedOf(c.Context(), a, args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = beside(args[0], "-codes.csv")
			}
			var b bytes.Buffer
			if err := p.Export(&b, issued); err != nil {
				return err
			}
			return writeCodes(a, out, b.Bytes(), len(issued), "")
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `FILE`; - is stdout")
	return c
}

// sheetFlags are the files that a sheet is written to.
type sheetFlags struct{ out, zip string }

func (f *sheetFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.out, "out", "", "write the page to this `FILE`, in HTML; - is stdout")
	c.Flags().StringVar(&f.zip, "zip", "", "write a PNG and an SVG of each code to this `FILE`, too")
}

// check sets the file of the page if it was not chosen. It refuses files that must not be written, of vouchers in a file.
func (f *sheetFlags) check(from, page string) error {
	if f.out == "" {
		f.out = page
	}
	if f.out != "-" && filepath.Clean(f.out) == filepath.Clean(f.zip) {
		return cli.Misuse("--zip %s: must not be the file of --out", f.zip)
	}
	return errors.Join(notInto(from, "out", f.out), notInto(from, "zip", f.zip))
}

// write writes the vouchers as a page, and as pictures if they are wanted.
func (f *sheetFlags) write(a *cli.App, title string, issued []plan.Issued) error {
	if len(issued) == 0 {
		return notFound("vouchers to print")
	}
	client, err := a.Client()
	if err != nil {
		return err
	}
	cards := make([]sheet.Card, len(issued))
	for i, v := range issued {
		cards[i] = sheet.Card{URL: v.URL, Code: string(v.Code), Message: v.Row.Message, To: v.Row.To, Until: untilText(v.Until)}
		if v.URL == "" {
			cards[i].URL = client.Vouchers.URLs(v.Code).Redirect
		}
		if v.Row.Amount > 0 {
			cards[i].Amount = v.Row.Amount.String()
		}
	}
	var b bytes.Buffer
	if err := sheet.HTML(&b, title, cards); err != nil {
		return err
	}
	if err := writeCodes(a, f.out, b.Bytes(), len(cards), " Open it in a browser, and print it."); err != nil {
		return err
	}
	if f.zip == "" {
		return nil
	}
	b.Reset()
	if err := sheet.Zip(&b, cards); err != nil {
		return err
	}
	return private.Write(f.zip, b.Bytes())
}

func newCampaignSheet(a *cli.App) *cobra.Command {
	var f sheetFlags
	c := &cobra.Command{
		Use:   "sheet PLAN.csv",
		Short: "Write a page of QR codes to print and cut",
		Long: `Writes the unused vouchers of a campaign as a page of QR codes for A4, with marks to cut along.
Each has the time when it expires, in your time zone. Any browser prints the page. With --zip
there are also pictures, named after the column to.`,
		Example: `  vingd campaign sheet spring.csv              to spring-sheet.html
  vingd campaign sheet spring.csv --zip codes.zip`,
		Args:              cli.Arguments("PLAN.csv"),
		ValidArgsFunction: planArgument,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(args[0], beside(args[0], "-sheet.html")); err != nil {
				return err
			}
			_, issued, err := issuedOf(c.Context(), a, args[0])
			if err != nil {
				return err
			}
			return f.write(a, args[0], openOf(a, issued))
		},
	}
	f.flags(c)
	return c
}

func newVoucherSheet(a *cli.App) *cobra.Command {
	var f sheetFlags
	var v voucherFlags
	var in string
	c := &cobra.Command{
		Use:   "sheet",
		Short: "Write a page of QR codes to print and cut",
		Long: `Writes your unused vouchers as a page of QR codes for A4, with marks to cut along. Any browser
prints it.

With --in they come from a CSV file with a column code or vid_encoded, such as an export of a
campaign; - is stdin. No filter may be given then. If the file has a column url, the QR codes
are its URLs; else they lead to your frontend. The time when a voucher expires is in the column
valid_until, ts_valid_until or expires. A voucher that has expired, has a state other than open, or
has an empty amount_allocated is left out. The broker is not asked: write the file anew if
vouchers may have been used or revoked since.`,
		Example: `  vingd vouchers sheet --group spring
  vingd vouchers sheet --in spring-codes.csv --out page.html --zip codes.zip
  vingd vouchers list --last 18 -o csv | vingd vouchers sheet --in -`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(in, "vouchers-sheet.html"); err != nil {
				return err
			}
			issued, err := chosenVouchers(c.Context(), a, &v, in)
			if err != nil {
				return err
			}
			return f.write(a, "Vouchers", issued)
		},
	}
	c.Flags().StringVar(&in, "in", "", "the vouchers in this CSV `FILE`; - is stdin")
	v.flags(c)
	c.Flags().VisitAll(func(filter *pflag.Flag) {
		if filter.Name != "in" {
			c.MarkFlagsMutuallyExclusive("in", filter.Name)
		}
	})
	f.flags(c)
	return c
}
