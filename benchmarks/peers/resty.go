package peers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"

	"github.com/vingd/vingd-api-go/benchmarks/rows"
	"github.com/vingd/vingd-api-go/vingd"
)

func restyClient(endpoint string, transport http.RoundTripper) (*Peer, error) {
	client := resty.New().SetBaseURL(endpoint).SetBasicAuth(user, password)
	client.SetDisableWarn(true) // it would log every call without TLS
	if transport != nil {
		client.SetTransport(transport)
	}
	get := func(ctx context.Context, path string, answer any) error {
		return restyError(client.R().SetContext(ctx).SetResult(answer).Get(path))
	}
	vouchers := func(ctx context.Context) (List[vingd.Voucher], error) {
		var answer rows.Vouchers
		err := get(ctx, "/vouchers", &answer)
		return listOf(answer.Data, convertVoucher), err
	}
	return &Peer{
		Balance: func(ctx context.Context) (int64, error) {
			var answer struct {
				Data struct {
					Balance int64 `json:"balance"`
				} `json:"data"`
			}
			err := get(ctx, "/fort/accounts", &answer)
			return answer.Data.Balance, err
		},
		CreateOrder: func(ctx context.Context) (int64, error) {
			var created createdOrder
			err := restyError(client.R().SetContext(ctx).SetBody(anOrder()).SetResult(&created).Post("/objects/5/orders/"))
			if err != nil {
				return 0, err
			}
			return created.id()
		},
		Vouchers: vouchers,
		Log: func(ctx context.Context) (List[vingd.LogEntry], error) {
			var answer rows.Log
			err := get(ctx, "/vouchers/history", &answer)
			return listOf(answer.Data, convertLogEntry), err
		},
		Walk: walkList(vouchers),
	}, nil
}

func restyError(resp *resty.Response, err error) error {
	if err == nil && resp.IsError() {
		err = fmt.Errorf("status %d", resp.StatusCode())
	}
	return err
}
