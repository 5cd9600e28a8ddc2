package peers

import (
	"context"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
)

func facade(endpoint string, transport http.RoundTripper) (*Peer, error) {
	options := []vingd.Option{vingd.WithEndpoint(endpoint), vingd.WithLoopbackHTTP()}
	if transport != nil {
		options = append(options, vingd.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := vingd.New(vingd.Key(user, password), options...)
	if err != nil {
		return nil, err
	}
	return &Peer{
		Balance: func(ctx context.Context) (int64, error) {
			balance, err := client.Accounts.Balance(ctx)
			return int64(balance), err
		},
		CreateOrder: func(ctx context.Context) (int64, error) {
			order, err := client.Orders.Create(ctx, 5, vingd.OrderParams{Price: 200, Context: orderContext})
			if err != nil {
				return 0, err
			}
			return int64(order.ID), nil
		},
		Vouchers: func(ctx context.Context) (List[vingd.Voucher], error) {
			rows, err := client.Vouchers.List(ctx, vingd.VoucherFilter{})
			return List[vingd.Voucher]{len(rows), func() ([]vingd.Voucher, error) { return rows, nil }}, err
		},
		Log: func(ctx context.Context) (List[vingd.LogEntry], error) {
			rows, err := client.Vouchers.History(ctx, vingd.HistoryFilter{})
			return List[vingd.LogEntry]{len(rows), func() ([]vingd.LogEntry, error) { return rows, nil }}, err
		},
		Walk: func(ctx context.Context, row func()) error {
			for _, err := range client.Vouchers.All(ctx, vingd.VoucherFilter{}) {
				if err != nil {
					return err
				}
				row()
			}
			return nil
		},
	}, nil
}
