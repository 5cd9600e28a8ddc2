package peers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/benchmarks/ogenclient"
	"github.com/vingd/vingd-api-go/vingd"
)

// ogen is ogen's client in its default form, with telemetry, which has no receiver, and with validation of responses. It
// returns times as text.
func ogen(endpoint string, transport http.RoundTripper) (*Peer, error) {
	var options []ogenclient.ClientOption
	if transport != nil {
		options = append(options, ogenclient.WithClient(&http.Client{Transport: transport}))
	}
	client, err := ogenclient.NewClient(endpoint, basic{}, options...)
	if err != nil {
		return nil, err
	}
	vouchers := func(ctx context.Context) (List[vingd.Voucher], error) {
		answer, err := client.ListVouchers(ctx, ogenclient.ListVouchersParams{})
		found, err := success[*ogenclient.VoucherListAnswer](answer, err)
		if err != nil {
			return List[vingd.Voucher]{}, err
		}
		return listOf(found.Data, convertOgenVoucher), nil
	}
	return &Peer{
		Balance: func(ctx context.Context) (int64, error) {
			answer, err := client.GetBalance(ctx)
			found, err := success[*ogenclient.BalanceAnswer](answer, err)
			if err != nil {
				return 0, err
			}
			return int64(found.Data.Balance), nil
		},
		CreateOrder: func(ctx context.Context) (int64, error) { return createOgenOrder(ctx, client) },
		Vouchers:    vouchers,
		Log: func(ctx context.Context) (List[vingd.LogEntry], error) {
			answer, err := client.ListVoucherHistory(ctx, ogenclient.ListVoucherHistoryParams{})
			found, err := success[*ogenclient.VoucherHistoryAnswer](answer, err)
			if err != nil {
				return List[vingd.LogEntry]{}, err
			}
			return listOf(found.Data, convertOgenLogEntry), nil
		},
		Walk: walkList(vouchers),
	}, nil
}

// basic returns the credentials.
type basic struct{}

func (basic) Basic(context.Context, ogenclient.OperationName) (ogenclient.Basic, error) {
	return ogenclient.Basic{Username: user, Password: password}, nil
}

// success returns the response of a call that succeeded.
func success[T any](answer any, err error) (T, error) {
	found, ok := answer.(T)
	if err == nil && !ok {
		err = fmt.Errorf("response: got a %T", answer)
	}
	return found, err
}

func createOgenOrder(ctx context.Context, client *ogenclient.Client) (int64, error) {
	answer, err := client.CreateOrder(ctx, &ogenclient.NewOrder{
		Price: 200, OrderExpires: ogenclient.BodyTime(orderExpires()), Context: ogenclient.NewNilString(orderContext),
	}, ogenclient.CreateOrderParams{Oid: 5})
	created, err := success[*ogenclient.CreateOrderOK](answer, err)
	if err != nil {
		return 0, err
	}
	batch, ok := created.Data.GetBatchOrders()
	if !ok || len(batch.Ids) != 1 || len(batch.Errors) > 0 {
		return 0, errors.New("no order was made")
	}
	return int64(batch.Ids[0]), nil
}

func convertOgenVoucher(v ogenclient.Voucher) (vingd.Voucher, error) {
	until, err := time.Parse(time.RFC3339Nano, string(v.TsValidUntil))
	return vingd.Voucher{
		ID:          vingd.VoucherID(v.Vid),
		Code:        vingd.VoucherCode(v.VidEncoded),
		Amount:      vingd.Cents(v.AmountVouched),
		Allocated:   vingd.Cents(v.AmountAllocated.Or(0)),
		Transfer:    vingd.TransferID(v.IDFortTransfer.Or(0)),
		Fee:         vingd.Cents(v.Fee),
		From:        vingd.UID(v.UIDFrom),
		Proxy:       vingd.UID(v.UIDProxy),
		To:          vingd.UID(v.UIDTo.Or(0)),
		Group:       vingd.GroupID(v.Gid.Or("")),
		ValidUntil:  until.UTC(),
		Description: v.Description.Or(""),
		Message:     v.Message.Or(""),
	}, err
}

func convertOgenLogEntry(e ogenclient.VoucherLogEntry) (vingd.LogEntry, error) {
	created, err := time.Parse(time.RFC3339Nano, string(e.TsCreated))
	if err != nil {
		return vingd.LogEntry{}, err
	}
	voucher, err := convertOgenVoucher(ogenclient.Voucher{
		AmountAllocated: e.AmountAllocated, AmountVouched: e.AmountVouched, Description: e.Description, Fee: e.Fee, Gid: e.Gid,
		IDFortTransfer: e.IDFortTransfer, Message: e.Message, TsValidUntil: e.TsValidUntil, UIDFrom: e.UIDFrom,
		UIDProxy: e.UIDProxy, UIDTo: e.UIDTo, Vid: e.Vid, VidEncoded: e.VidEncoded,
	})
	return vingd.LogEntry{
		ID: vingd.LogID(e.ID), Action: vingd.VoucherAction(e.Action), Time: created.UTC(), Voucher: voucher,
	}, err
}
