package vingd_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A call that acts was done, so its response needs the ids only. Every other field of another type than the contract's
// reads as zero, and a text as its JSON.
func TestUnsafeCall_OnlyIDsAreStrict(t *testing.T) {
	verify := func(ctx context.Context, c *vingd.Client) (any, error) { return c.Purchases.Verify(ctx, 5, tid) }
	purchase := func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Purchases.Create(ctx, 5, vingd.PurchaseParams{Buyer: huid, Price: 199})
	}
	create := func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 100, Message: "Thank you"})
	}
	order := func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Orders.Create(ctx, 5, vingd.OrderParams{Price: 200, Expires: vingd.At(now)})
	}
	get := func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.Get(ctx, code) }
	revokeAll := func(ctx context.Context, c *vingd.Client) (any, error) { return c.Vouchers.RevokeAll(ctx) }
	update := func(ctx context.Context, c *vingd.Client) (any, error) {
		return c.Objects.Update(ctx, 5, vingd.ObjectParams{Name: "n", URL: "u"})
	}
	bought := func(p vingd.Purchase) *vingd.Purchase { p.ID, p.Transfer = 11, 13; return &p }
	for _, test := range []struct {
		name string
		do   func(context.Context, *vingd.Client) (any, error)
		data string
		want any // nil for an error
	}{
		{"a number as context", verify, `{"context": 17, "purchaseid": 11, "transferid": 13}`, bought(vingd.Purchase{Context: "17"})},
		{"an object as context", verify, `{"context": {"a": [1, "b"]}, "purchaseid": 11, "transferid": 13}`, bought(vingd.Purchase{Context: `{"a": [1, "b"]}`})},
		{"no context, and a number as reclaimed", verify, `{"purchaseid": 11, "transferid": 13, "reclaimed": 0}`, bought(vingd.Purchase{})},
		{"a number as huid", purchase, `{"huid": 4711, "purchaseid": "11", "transferid": "13", "object": false}`,
			bought(vingd.Purchase{Buyer: "4711", ObjectName: "false"})},
		{"a text as order id", purchase, `{"orderid": "none", "purchaseid": 11, "transferid": 13, "context": null}`, bought(vingd.Purchase{})},
		{"an order id of a hundred digits", verify, `{"orderid": 1e99, "purchaseid": 11, "transferid": 13}`, bought(vingd.Purchase{})},
		{"a voucher of other types", create, `{"vid": 1001, "vid_encoded": "LXKG-TBR-HQV", "amount_vouched": "much", "amount_allocated": [], "fee": {},
			"ts_valid_until": "yesterday", "message": 5, "gid": true, "uid_to": -1.5e3, "description": null}`,
			&vingd.Voucher{ID: 1001, Code: code, Message: "5", Group: "true"}},
		{"a voucher without an amount", create, `{"vid": 1001, "vid_encoded": "LXKG-TBR-HQV"}`, &vingd.Voucher{ID: 1001, Code: code}},
		{"the description of a failure", order, `{"ids": [7], "errors": [], "id": {}}`,
			&vingd.Order{ID: 7, Object: 5, Price: 200, Expires: now}},
		{"errors that are null", order, `{"ids": [7], "errors": null}`, &vingd.Order{ID: 7, Object: 5, Price: 200, Expires: now}},
		{"the batch form with null for each list", order, `{"ids": null, "errors": null, "id": 7}`,
			&vingd.Order{ID: 7, Object: 5, Price: 200, Expires: now}},

		{"an empty list of refunds, as PHP writes an empty map", revokeAll, `[]`, map[vingd.VoucherCode]vingd.TransferID{}},

		{"a list of refunds", revokeAll, `[17]`, nil},
		{"refunds that are null", revokeAll, `null`, nil},
		{"no purchase id", verify, `{"transferid": 13}`, nil},
		{"a purchase id of another type", verify, `{"purchaseid": "first", "transferid": 13}`, nil},
		{"a purchase id that is null", verify, `{"purchaseid": null, "transferid": 13}`, nil},
		{"a transfer id below 1", verify, `{"purchaseid": 11, "transferid": 0}`, nil},
		{"a code of another type", create, `{"vid": 1001, "vid_encoded": 17, "amount_vouched": 100}`, nil},
		{"a code that is empty", create, `{"vid": 1001, "vid_encoded": "", "amount_vouched": 100}`, nil},
		{"ids of another type", order, `{"ids": ["seventh"]}`, nil},
		{"ids that are no list", order, `{"ids": 7}`, nil},
		{"errors that are no list", order, `{"ids": [7], "errors": "no"}`, nil},
		{"ids that are null", order, `{"ids": null, "errors": []}`, nil},
		{"no object", create, `["LXKG-TBR-HQV"]`, nil},
		{"a field that is no JSON", verify, `{"purchaseid": 11, "transferid": 13, "context": nil}`, nil},

		{"a read with a fee of another type", get, `{"vid": 1001, "vid_encoded": "LXKG-TBR-HQV", "amount_vouched": 100, "fee": {}}`, nil},
		{"a read without the amount", get, `{"vid": 1001, "vid_encoded": "LXKG-TBR-HQV"}`, nil},
		{"a read with a message of another type", get, `{"vid": 1001, "vid_encoded": "LXKG-TBR-HQV", "amount_vouched": 100, "message": 5}`, nil},
		{"a call that settles", update, `{"oid": "fifth"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := over(t, false, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"data": `+test.data+`}`)
			})
			got, err := test.do(t.Context(), client)
			if test.want == nil {
				if err == nil {
					t.Errorf("%s is read as %+v, want an error", test.data, got)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s is read as %+v, %v\nwant %+v", test.data, got, err, test.want)
			}
		})
	}
}

// A batch whose failures are told in another form than the contract's is still a failure.
func TestUnsafeCall_BatchErrorOfAnotherForm(t *testing.T) {
	for errs, message := range map[string]string{
		`[{"code": 409, "desc": 5}]`:     "5",
		`[{"desc": {"a": 1}}]`:           `{"a": 1}`,
		`[{}]`:                           "",
		`[{"code": "409", "desc": "N"}]`: "N",
	} {
		client := over(t, false, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data": {"ids": [], "errors": `+errs+`}}`)
		})
		_, err := client.Orders.Create(t.Context(), 5, vingd.OrderParams{Price: 200})
		var failed *vingd.Error
		if !errors.As(err, &failed) || failed.Message != message || failed.Outcome != vingd.OutcomeNotDone {
			t.Errorf("%s: %#v, want the message %q of a call that was not done", errs, failed, message)
		}
	}
}
