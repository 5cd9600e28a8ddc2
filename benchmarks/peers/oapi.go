package peers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	oapi "github.com/vingd/vingd-api-go/benchmarks/oapiclient"
	"github.com/vingd/vingd-api-go/vingd"
)

// oapiCodegen is oapi-codegen's ClientWithResponses, in its stock form. It returns times as text.
func oapiCodegen(endpoint string, transport http.RoundTripper) (*Peer, error) {
	options := []oapi.ClientOption{oapi.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.SetBasicAuth(user, password)
		return nil
	})}
	if transport != nil {
		options = append(options, oapi.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := oapi.NewClientWithResponses(endpoint, options...)
	if err != nil {
		return nil, err
	}
	vouchers := func(ctx context.Context) (list List[vingd.Voucher], err error) {
		answer, err := client.ListVouchersWithResponse(ctx, &oapi.ListVouchersParams{})
		if err != nil {
			return list, err
		}
		if answer.JSON200 == nil {
			return list, unexpected(answer.HTTPResponse)
		}
		return listOf(answer.JSON200.Data, convertOapiVoucher), nil
	}
	return &Peer{
		Balance: func(ctx context.Context) (int64, error) {
			answer, err := client.GetBalanceWithResponse(ctx)
			if err != nil {
				return 0, err
			}
			if answer.JSON200 == nil {
				return 0, unexpected(answer.HTTPResponse)
			}
			return answer.JSON200.Data.Balance, nil
		},
		CreateOrder: func(ctx context.Context) (int64, error) { return createOapiOrder(ctx, client) },
		Vouchers:    vouchers,
		Log: func(ctx context.Context) (list List[vingd.LogEntry], err error) {
			answer, err := client.ListVoucherHistoryWithResponse(ctx, &oapi.ListVoucherHistoryParams{})
			if err != nil {
				return list, err
			}
			if answer.JSON200 == nil {
				return list, unexpected(answer.HTTPResponse)
			}
			return listOf(answer.JSON200.Data, convertOapiLogEntry), nil
		},
		Walk: walkList(vouchers),
	}, nil
}

func createOapiOrder(ctx context.Context, client *oapi.ClientWithResponses) (int64, error) {
	order := anOrder()
	answer, err := client.CreateOrderWithResponse(ctx, 5, oapi.NewOrder{
		Price: order.Price, OrderExpires: order.OrderExpires, Context: order.Context,
	})
	if err != nil {
		return 0, err
	}
	if answer.JSON200 == nil {
		return 0, unexpected(answer.HTTPResponse)
	}
	batch, err := answer.JSON200.Data.AsBatchOrders()
	if err != nil {
		return 0, err
	}
	if len(batch.Ids) != 1 || len(batch.Errors) > 0 {
		return 0, errors.New("no order was made")
	}
	return batch.Ids[0], nil
}

func unexpected(resp *http.Response) error { return fmt.Errorf("status %d", resp.StatusCode) }

func convertOapiVoucher(v oapi.Voucher) (vingd.Voucher, error) {
	until, err := time.Parse(time.RFC3339Nano, v.TSValidUntil)
	return vingd.Voucher{
		ID:          vingd.VoucherID(v.VID),
		Code:        vingd.VoucherCode(v.VIDEncoded),
		Amount:      vingd.Cents(v.AmountVouched),
		Allocated:   vingd.Cents(orZero(v.AmountAllocated)),
		Transfer:    vingd.TransferID(orZero(v.IDFortTransfer)),
		Fee:         vingd.Cents(v.Fee),
		From:        vingd.UID(v.UIDFrom),
		Proxy:       vingd.UID(v.UIDProxy),
		To:          vingd.UID(orZero(v.UIDTo)),
		Group:       vingd.GroupID(orZero(v.GID)),
		ValidUntil:  until.UTC(),
		Description: orZero(v.Description),
		Message:     orZero(v.Message),
	}, err
}

func convertOapiLogEntry(e oapi.VoucherLogEntry) (vingd.LogEntry, error) {
	created, err := time.Parse(time.RFC3339Nano, e.TSCreated)
	if err != nil {
		return vingd.LogEntry{}, err
	}
	voucher, err := convertOapiVoucher(oapi.Voucher{
		AmountAllocated: e.AmountAllocated, AmountVouched: e.AmountVouched, Description: e.Description, Fee: e.Fee, GID: e.GID,
		IDFortTransfer: e.IDFortTransfer, Message: e.Message, TSValidUntil: e.TSValidUntil, UIDFrom: e.UIDFrom,
		UIDProxy: e.UIDProxy, UIDTo: e.UIDTo, VID: e.VID, VIDEncoded: e.VIDEncoded,
	})
	return vingd.LogEntry{
		ID: vingd.LogID(e.ID), Action: vingd.VoucherAction(e.Action), Time: created.UTC(), Voucher: voucher,
	}, err
}
