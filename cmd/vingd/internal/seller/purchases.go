package seller

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newPurchases(a *cli.App) *cobra.Command {
	c := parent("purchases", "Finish a purchase, or charge a user", `  vingd purchases commit 31 42
  vingd purchases charge 17 3f5d2a 2.00`, newCommit(a), newCharge(a))
	c.Long = `Finishes a purchase, or charges a user who permits it. To verify a purchase is for the shop
that serves it, since each verification spends one: use the package vingd/paywall. To try it
in a sandbox, vingd request GET objects/OBJECT/tokens/TOKEN prints the purchaseid and the
transferid that commit takes.`
	return c
}

func newCommit(a *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "commit PURCHASE TRANSFER",
		Short: "Finish a verified purchase, which pays you",
		Long: `Finishes a verified purchase, which pays you. A purchase that is never committed is refunded
to the buyer. To commit a purchase twice is the same as once.`,
		Example: `  vingd purchases commit 31 42`,
		Args:    cli.Arguments("PURCHASE", "TRANSFER"),
		RunE: func(c *cobra.Command, args []string) error {
			purchase, err := cli.ID[vingd.PurchaseID]("purchase", args[0])
			if err != nil {
				return err
			}
			transfer, err := cli.ID[vingd.TransferID]("transfer", args[1])
			if err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			err = client.Purchases.Commit(context.WithoutCancel(c.Context()), &vingd.Purchase{ID: purchase, Transfer: transfer})
			return again(err, "run the command again: it does no harm")
		},
	}
}

func newCharge(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "charge OBJECT HUID PRICE",
		Short: "Charge a user who permits it",
		Long: `Buys an object in the name of a user who permits you to. The price moves at once, and
nothing takes it back. The command asks first.

If there is no response, the exit code is 3. The command cannot find out the outcome, because
another charge for the object looks the same. Wait two minutes, because the request may arrive
late. Then look for a new transfer of the price for the object by vingd transfers list --to me.
Only if there is none, charge the user again.`,
		Example: `  vingd purchases charge 17 3f5d2a 2.00
  vingd purchases charge 17 3f5d2a 2.00 --dry-run`,
		Args:              cli.Arguments("OBJECT", "HUID", "PRICE"),
		ValidArgsFunction: completeObjects(a),
		RunE: func(c *cobra.Command, args []string) error {
			object, err := cli.ID[vingd.ObjectID]("object", args[0])
			if err != nil {
				return err
			}
			p := vingd.PurchaseParams{Buyer: vingd.HUID(args[1])}
			if p.Price, err = cli.Amount("price", args[2]); err != nil {
				return err
			}
			if err := a.Check(purchaseKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if ok, err := a.Confirm(c.Context(), "Charge user %s %v for object %d,", p.Buyer, p.Price, object); !ok {
				return err
			}
			purchase, err := client.Purchases.Create(context.WithoutCancel(c.Context()), object, p)
			if err != nil { // no look-up: an earlier charge for the object looks the same
				const advice = firstWait + "look for a transfer of %v by vingd transfers list --to me before you charge the user again"
				return again(err, fmt.Sprintf(advice, p.Price))
			}
			return a.Result(purchaseKind, purchaseRecord(purchase))
		},
	}
	a.ConfirmFlags(c)
	a.PrintFlags(c, purchaseKind)
	return c
}
