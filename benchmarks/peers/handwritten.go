package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/benchmarks/rows"
	"github.com/vingd/vingd-api-go/vingd"
)

// plain is a client written by hand in ten minutes, on net/http and one JSON library.
type plain struct {
	endpoint  string
	http      *http.Client
	unmarshal func(text []byte, value any) error
}

func handWritten(endpoint string, transport http.RoundTripper) (*Peer, error) {
	return newPlain(endpoint, transport, json.Unmarshal), nil
}

func newPlain(endpoint string, transport http.RoundTripper, unmarshal func([]byte, any) error) *Peer {
	p := &plain{endpoint, &http.Client{Transport: transport}, unmarshal}
	return &Peer{
		Balance:     p.balance,
		CreateOrder: p.createOrder,
		Vouchers:    p.vouchers,
		Log:         p.log,
		Walk:        walkList(p.vouchers),
	}
}

func (p *plain) balance(ctx context.Context) (int64, error) {
	var answer struct {
		Data struct {
			Balance int64 `json:"balance"`
		} `json:"data"`
	}
	err := p.do(ctx, http.MethodGet, "/fort/accounts", nil, &answer)
	return answer.Data.Balance, err
}

type newOrder struct {
	Price        int64   `json:"price"`
	OrderExpires string  `json:"order_expires"`
	Context      *string `json:"context"`
}

func anOrder() newOrder {
	context := orderContext
	return newOrder{200, orderExpires(), &context}
}

func orderExpires() string {
	return time.Now().UTC().Add(15 * time.Minute).Format("2006-01-02T15:04:05.000000-07:00")
}

type createdOrder struct {
	Data struct {
		IDs    []int64           `json:"ids"`
		Errors []json.RawMessage `json:"errors"`
	} `json:"data"`
}

func (c *createdOrder) id() (int64, error) {
	if len(c.Data.IDs) != 1 || len(c.Data.Errors) > 0 {
		return 0, errors.New("no order was made")
	}
	return c.Data.IDs[0], nil
}

func (p *plain) createOrder(ctx context.Context) (int64, error) {
	var created createdOrder
	if err := p.do(ctx, http.MethodPost, "/objects/5/orders/", anOrder(), &created); err != nil {
		return 0, err
	}
	return created.id()
}

func (p *plain) vouchers(ctx context.Context) (List[vingd.Voucher], error) {
	var answer rows.Vouchers
	err := p.do(ctx, http.MethodGet, "/vouchers", nil, &answer)
	return listOf(answer.Data, convertVoucher), err
}

func (p *plain) log(ctx context.Context) (List[vingd.LogEntry], error) {
	var answer rows.Log
	err := p.do(ctx, http.MethodGet, "/vouchers/history", nil, &answer)
	return listOf(answer.Data, convertLogEntry), err
}

// do makes a call and decodes its response.
func (p *plain) do(ctx context.Context, method, path string, body, answer any) error {
	resp, err := p.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return p.unmarshal(text, answer)
}

// send sends a request, and returns a response that reports success.
func (p *plain) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.endpoint+path, payload)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(user, password)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return resp, nil
}

func convertVoucher(v rows.Voucher) (vingd.Voucher, error) {
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
		ValidUntil:  v.ValidUntil.UTC(),
		Description: orZero(v.Description),
		Message:     orZero(v.Message),
	}, nil
}

func convertLogEntry(e rows.LogEntry) (vingd.LogEntry, error) {
	voucher, err := convertVoucher(e.Voucher)
	return vingd.LogEntry{
		ID: vingd.LogID(e.ID), Action: vingd.VoucherAction(e.Action), Time: e.Created.UTC(), Voucher: voucher,
	}, err
}
