package seller

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// completionTimeout bounds how long a completion may take.
	completionTimeout = time.Second
	// completions is how many values a completion offers, the newest.
	completions = 50
)

// live completes with what the broker has. It says nothing on failure, and keeps nothing: codes are money.
func live(a *cli.App, values func(ctx context.Context, c *vingd.Client) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
		defer cancel()
		return cli.Complete(func(string) []string {
			client, err := a.Client(vingd.WithRetries(0))
			if err != nil {
				return nil
			}
			found, err := values(ctx, client)
			if err != nil {
				return nil
			}
			return found
		})(c, args, toComplete)
	}
}

// described collects values with a description each, which shells show beside them.
func described[T any](rows iter.Seq2[T, error], describe func(T) (value, description string)) (values []string, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		value, description := describe(row)
		values = append(values, value+"\t"+output.Clean(description))
	}
	return values, nil
}

func completeObjects(a *cli.App) cobra.CompletionFunc {
	return live(a, func(ctx context.Context, c *vingd.Client) ([]string, error) {
		return described(c.Objects.All(ctx, vingd.ObjectFilter{Last: completions}), func(o vingd.Object) (string, string) {
			return strconv.FormatInt(int64(o.ID), 10), o.Name
		})
	})
}

func completeOrders(a *cli.App) cobra.CompletionFunc {
	return live(a, func(ctx context.Context, c *vingd.Client) ([]string, error) {
		return described(last(c.Orders.All(ctx, vingd.OrderFilter{}), completions), func(o vingd.Order) (string, string) {
			return strconv.FormatInt(int64(o.ID), 10), o.Price.String() + " " + o.Context
		})
	})
}

func completeVouchers(a *cli.App) cobra.CompletionFunc {
	return live(a, func(ctx context.Context, c *vingd.Client) ([]string, error) {
		return described(c.Vouchers.All(ctx, vingd.VoucherFilter{Last: completions}), func(v vingd.Voucher) (string, string) {
			return string(v.Code), v.Amount.String() + " " + v.Message
		})
	})
}
