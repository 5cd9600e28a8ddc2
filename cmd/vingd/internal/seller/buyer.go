package seller

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/generated/sandboxclient"
	"github.com/vingd/vingd-api-go/vingd"
)

var (
	paidKind = output.Kind{
		Name: "payments", ID: "tid", Fields: []string{"oid", "tid", "context", "return"}, Columns: []string{"oid", "tid", "context", "return"},
	}
	redeemedKind = output.Kind{Name: "redemptions", Fields: []string{"amount"}, Columns: []string{"amount"}}
)

// NewBuyer returns the commands of a buyer, which a sandbox on this machine knows.
func NewBuyer(a *cli.App) []*cobra.Command {
	return []*cobra.Command{newBuyerPay(a), newBuyerRedeem(a)}
}

func newBuyerPay(a *cli.App) *cobra.Command {
	var as string
	var anonymously bool
	c := &cobra.Command{
		Use:   "pay ORDER --as NAME",
		Short: "Pay an order as a buyer, in a sandbox on this machine",
		Long: `Pays an order as a buyer would in a browser, in a sandbox on this machine. It prints the
URL that the buyer returns to. A buyer of a new name is made, with 100.00 vingds.`,
		Example: `  vingd pay 21 --as Ann
  vingd pay 21 --as Ann --anonymously --jq .return`,
		Args:              cli.Arguments("ORDER"),
		ValidArgsFunction: completeOrders(a),
		RunE: func(c *cobra.Command, args []string) error {
			order, err := cli.ID[vingd.OrderID]("order", args[0])
			if err != nil {
				return err
			}
			return actAs(a, c, as, paidKind, func(k *controls, buyer int64) error {
				var paid sandboxclient.Paid
				response, err := k.client.Pay(c.Context(), buyer, sandboxclient.Payment{Order: int64(order), Anonymously: anonymously})
				if err := k.read(response, err, &paid); err != nil {
					return err
				}
				object, err := strconv.ParseInt(paid.OID, 10, 64)
				if err != nil {
					return err
				}
				return a.Result(paidKind, output.Record{object, paid.TID, contextOrNil(paid.Context), paid.Return})
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "the `NAME` of the buyer")
	c.Flags().BoolVar(&anonymously, "anonymously", false, "do not tell the seller who pays")
	a.PrintFlags(c, paidKind)
	return c
}

func newBuyerRedeem(a *cli.App) *cobra.Command {
	var as string
	c := &cobra.Command{
		Use:   "redeem CODE --as NAME",
		Short: "Redeem a voucher as a buyer, in a sandbox on this machine",
		Long: `Redeems a voucher as a user would in a browser, in a sandbox on this machine, and prints its
amount. A buyer of a new name is made, with 100.00 vingds.`,
		Example:           `  vingd redeem LXKG-TBR-HQV --as Ann`,
		Args:              cli.Arguments("CODE"),
		ValidArgsFunction: completeVouchers(a),
		RunE: func(c *cobra.Command, args []string) error {
			return actAs(a, c, as, redeemedKind, func(k *controls, buyer int64) error {
				var redeemed sandboxclient.Redeemed
				response, err := k.client.Redeem(c.Context(), buyer, sandboxclient.Redemption{Code: args[0]})
				if err := k.read(response, err, &redeemed); err != nil {
					return err
				}
				return a.Result(redeemedKind, output.Record{vingd.Cents(redeemed.Amount)})
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "the `NAME` of the buyer")
	a.PrintFlags(c, redeemedKind)
	return c
}

// actAs calls act with the buyer that --as names, once the sandbox is known to run and the result to be printable.
func actAs(a *cli.App, c *cobra.Command, as string, kind output.Kind, act func(k *controls, buyer int64) error) error {
	if err := cli.Required(c, "as"); err != nil {
		return err
	}
	if err := a.Check(kind); err != nil {
		return err
	}
	k, err := newControls(a)
	if err != nil {
		return err
	}
	defer k.close()
	buyer, err := k.buyer(c.Context(), as)
	if err != nil {
		return err
	}
	cli.SurvivePipes()
	return act(k, buyer)
}

// contextOrNil returns the context of an order, or nil if it has none.
func contextOrNil(context *string) any {
	if context == nil {
		return nil
	}
	return orNil(*context)
}
