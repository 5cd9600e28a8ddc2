package seller

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newOrderCreate(a *cli.App) *cobra.Command {
	var p vingd.OrderParams
	var expires string
	var qr bool
	c := &cobra.Command{
		Use:   "create OBJECT PRICE",
		Short: "Offer an object for a price",
		Long: `Offers an object for a price, and prints the URL where a buyer pays. An order belongs to
no buyer: it may be paid many times until it expires, after 15 minutes by default.

If there is no response, the exit code is 3. Wait two minutes, because the request may arrive
late. Then look at vingd orders list, and only then make another.`,
		Example: `  vingd orders create 17 2.00
  vingd orders create 17 2.00 --expires 30d --context "newsletter 5" --jq .url
  vingd orders create 17 2.00 --qr               a QR code to pay by`,
		Args:              cli.Arguments("OBJECT", "PRICE"),
		ValidArgsFunction: completeObjects(a),
		RunE: func(c *cobra.Command, args []string) error {
			object, err := cli.ID[vingd.ObjectID]("object", args[0])
			if err != nil {
				return err
			}
			if p.Price, err = cli.Amount("price", args[1]); err != nil {
				return err
			}
			if p.Expires, err = cli.Expiry("--expires", expires); err != nil {
				return err
			}
			if err := a.Check(orderKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if ok, err := a.Announce(c.Context(), "Offer object %d for %v,", object, p.Price); !ok {
				return err
			}
			order, err := client.Orders.Create(context.WithoutCancel(c.Context()), object, p)
			if err != nil { // no look-up: an earlier order may have the context, too
				const advice = "look at vingd orders list before you make another; an order that is not paid costs nothing and expires"
				return again(err, firstWait+advice)
			}
			if qr {
				return cli.Unprinted(printQR(a, client.Orders.URLs(order.ID).Redirect), fmt.Sprintf("id %d", order.ID))
			}
			return a.Result(orderKind, orderRecord(client)(*order))
		},
	}
	c.Flags().StringVar(&p.Context, "context", "", "a text of yours, which you get back with each purchase")
	c.Flags().StringVar(&expires, "expires", "", "the `TIME` when it expires, or how long it is valid, like 30d (default 15m)")
	c.Flags().BoolVar(&qr, "qr", false, "print a QR code of the URL only")
	a.WriteFlags(c)
	a.PrintFlags(c, orderKind)
	return c
}
