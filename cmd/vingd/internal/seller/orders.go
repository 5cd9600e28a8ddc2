package seller

import (
	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newOrders(a *cli.App) *cobra.Command {
	return parent("orders", "Offer an object for a price", `  vingd orders create 17 2.00
  vingd orders list`, newOrderList(a), newOrderGet(a), newOrderCreate(a))
}

func newOrderList(a *cli.App) *cobra.Command {
	var object int64
	var expired bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List your orders",
		Example: `  vingd orders list
  vingd orders list --object 17 --expired -o csv`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if object < 0 {
				return cli.Misuse("--object %d: must be a number of 1 or more", object)
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			filter := vingd.OrderFilter{Object: vingd.ObjectID(object), IncludeExpired: expired}
			return list(a, orderKind, client.Orders.All(c.Context(), filter), orderRecord(client))
		},
	}
	c.Flags().Int64Var(&object, "object", 0, "orders for this `OBJECT` only")
	c.Flags().BoolVar(&expired, "expired", false, "expired orders, too")
	_ = c.RegisterFlagCompletionFunc("object", completeObjects(a))
	a.PrintFlags(c, orderKind)
	return c
}

func newOrderGet(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "get ORDER",
		Short: "Print an order, expired or not",
		Example: `  vingd orders get 21
  vingd orders get 21 --jq .url`,
		Args:              cli.Arguments("ORDER"),
		ValidArgsFunction: completeOrders(a),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := cli.ID[vingd.OrderID]("order", args[0])
			if err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			for order, err := range client.Orders.All(c.Context(), vingd.OrderFilter{ID: id, IncludeExpired: true}) {
				if err != nil {
					return err
				}
				return a.One(orderKind, orderRecord(client)(order))
			}
			return notFound("order %d", id)
		},
	}
	a.PrintFlags(c, orderKind)
	return c
}
