package seller

import (
	"context"
	"io"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
)

// chosenVouchers returns the vouchers of a file, or else the unused ones that the flags choose.
func chosenVouchers(ctx context.Context, a *cli.App, v *voucherFlags, in string) ([]plan.Issued, error) {
	switch in {
	case "":
	case "-":
		return vouchersIn(a, a.In, "stdin")
	default:
		file, err := plan.Open(in)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // it was read
		return vouchersIn(a, file, in)
	}
	filter, err := v.filter()
	if err != nil {
		return nil, err
	}
	client, err := a.Client()
	if err != nil {
		return nil, err
	}
	var issued []plan.Issued
	for voucher, err := range client.Vouchers.All(ctx, filter) {
		if err != nil {
			return nil, err
		}
		if voucher.Allocated > 0 {
			row := &plan.Row{Amount: voucher.Amount, Message: voucher.Message}
			issued = append(issued, plan.Issued{Row: row, Place: len(issued) + 1, Code: voucher.Code, Until: voucher.ValidUntil})
		}
	}
	return issued, nil
}

// vouchersIn returns the vouchers of a file that had not ended when it was written.
func vouchersIn(a *cli.App, r io.Reader, path string) ([]plan.Issued, error) {
	issued, unread, err := plan.ReadCodes(r, path, voucherKind.Fields)
	if err != nil {
		return nil, err
	}
	for _, name := range unread {
		a.Say("Not on the page: the column %s", name)
	}
	open := openOf(a, issued)
	a.Say("The broker was not asked: a voucher may have been redeemed, revoked or expired since %s was written.", path)
	return open, nil
}
