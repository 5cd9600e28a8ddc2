package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Sell something, from start to end, in a sandbox of its own",
		Long: `Does the documented example in a new sandbox, over TLS on the loopback interface. A seller
offers an object, a buyer pays for it, and the seller serves and commits. Then the seller
rewards the buyer, directly and with a voucher. The demo leaves no files.`,
		Example: `  vingd demo`,
		Args:    cli.NoArguments,
		RunE:    func(c *cobra.Command, _ []string) error { return runDemo(c.Context(), c.OutOrStdout()) },
	}
}

func runDemo(ctx context.Context, out io.Writer) (err error) {
	start := time.Now()
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(broker.Endpoint()),
		vingd.WithFrontend(broker.Frontend()), vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	anna, err := broker.AddBuyer("Anna", 10_00)
	if err != nil {
		return err
	}
	d := &demo{out: out, client: client, anna: anna}
	d.say("A sandbox listens on %s.", broker.Endpoint())
	if err := d.run(ctx); err != nil {
		return err
	}
	if err := broker.Check(); err != nil {
		return err
	}
	d.say("The books are right. All that took %d ms.", time.Since(start).Milliseconds())
	return d.unsaid
}

// A demo is a seller, a buyer, and the one who tells what they do.
type demo struct {
	out    io.Writer
	unsaid error // why a line could not be printed
	client *vingd.Client
	anna   *sandbox.Buyer
}

func (d *demo) say(format string, args ...any) {
	_, err := fmt.Fprintf(d.out, format+"\n", args...)
	d.unsaid = errors.Join(d.unsaid, err)
}

func (d *demo) run(ctx context.Context) error {
	if err := d.balances(ctx); err != nil {
		return err
	}
	buyer, err := d.sell(ctx)
	if err != nil {
		return err
	}
	if err := d.reward(ctx, buyer); err != nil {
		return err
	}
	return d.balances(ctx)
}

func (d *demo) balances(ctx context.Context) error {
	balance, err := d.client.Accounts.Balance(ctx)
	if err == nil {
		d.say("The seller holds %v vingds, and Anna %v.", balance, d.anna.Balance())
	}
	return err
}

// sell sells an object to Anna, and returns the HUID of Anna.
func (d *demo) sell(ctx context.Context) (vingd.HUID, error) {
	object, err := d.client.Objects.Create(ctx, vingd.ObjectParams{Name: "My test object", URL: "http://localhost:666/"})
	if err != nil {
		return "", err
	}
	order, err := d.client.Orders.Create(ctx, object, vingd.OrderParams{Price: 200, Context: "optional purchase details"})
	if err != nil {
		return "", err
	}
	d.say("The seller offers object %d for 2.00, on %s", object, d.client.Orders.URLs(order.ID).Redirect)
	back, err := d.anna.Pay(order.ID)
	if err != nil {
		return "", err
	}
	d.say("Anna pays there. Anna has %v left, and returns to %s://%s/.", d.anna.Balance(), back.Scheme, back.Host)
	callback, err := vingd.ParseCallback(back)
	if err != nil {
		return "", err
	}
	purchase, err := d.client.Purchases.Verify(ctx, object, callback.Token)
	if err != nil {
		return "", err
	}
	d.say("The seller verifies purchase %d of huid %s, and serves.", purchase.ID, purchase.Buyer)
	if err := d.client.Purchases.Commit(ctx, purchase); err != nil {
		return "", err
	}
	d.say("The seller commits, and is paid.")
	return purchase.Buyer, nil
}

// reward rewards the buyer, directly and with a voucher.
func (d *demo) reward(ctx context.Context, buyer vingd.HUID) error {
	params := vingd.RewardParams{Amount: 75, Description: "Testing direct rewarding"}
	if _, err := d.client.Rewards.Create(ctx, buyer, params); err != nil {
		return err
	}
	d.say("The seller rewards Anna with 0.75.")
	voucher, err := d.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Expires: vingd.In(14 * 24 * time.Hour)})
	if err != nil {
		return err
	}
	amount, err := d.anna.Redeem(voucher.Code)
	if err == nil {
		d.say("The seller gives Anna voucher %s. Anna redeems it, for %v.", voucher.Code, amount)
	}
	return err
}
