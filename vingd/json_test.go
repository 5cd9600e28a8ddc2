package vingd_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestParseCents_Exact(t *testing.T) {
	for text, want := range map[string]vingd.Cents{
		"1.15": 115, "1.1": 110, "1": 100, "0": 0, "0.00": 0, "-0": 0, "0.01": 1, "-0.5": -50, "-2.00": -200, "007": 700, "8.20": 820,
		"92233720368547758.07": math.MaxInt64, "-92233720368547758.08": math.MinInt64,
	} {
		if got, err := vingd.ParseCents(text); got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for cents := vingd.Cents(-100_000); cents <= 100_000; cents += 7 {
		if got, err := vingd.ParseCents(cents.String()); got != cents || err != nil {
			t.Errorf("%q: got %d, %v; want %d", cents.String(), got, err, cents)
		}
	}
}

func TestParseCents_Refused(t *testing.T) {
	for _, text := range []string{
		"", "-", ".", "-.", ".5", "5.", "1.155", "1.150", "1,15", "1.1.1", "+1", "--1", "1-", "-+1", " 1", "1 ", "1e3", "0x1", "1_0", "1.-5", "١", "1.٥",
		"NaN", "Inf", "92233720368547758.08", "-92233720368547758.09", "184467440737095516.16", "99999999999999999999",
	} {
		got, err := vingd.ParseCents(text)
		if got != 0 || !errors.Is(err, vingd.ErrInvalidArgument) {
			t.Errorf("%q: got %d, %v", text, got, err)
		}
	}
}

func TestCents_Flag(t *testing.T) {
	var price vingd.Cents
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.TextVar(&price, "price", vingd.Cents(200), "")
	if price != 200 {
		t.Errorf("the default is %v", price)
	}
	if err := flags.Parse([]string{"-price", "1.15"}); price != 115 || err != nil {
		t.Errorf("got %d, %v", price, err)
	}
	if err := flags.Parse([]string{"-price", "1.155"}); price != 115 || err == nil {
		t.Errorf("got %d, %v", price, err)
	}
}

func TestCents_JSON(t *testing.T) {
	type prices struct {
		One    vingd.Cents
		Some   []vingd.Cents
		ByName map[string]vingd.Cents
		Names  map[vingd.Cents]string
		None   *vingd.Cents
	}
	all := prices{115, []vingd.Cents{-5, math.MaxInt64}, map[string]vingd.Cents{"a": 0}, map[vingd.Cents]string{115: "a", -5: "b"}, nil}
	text, err := json.Marshal(all)
	const want = `{"One":115,"Some":[-5,9223372036854775807],"ByName":{"a":0},"Names":{"-0.05":"b","1.15":"a"},"None":null}`
	if string(text) != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", text, err, want)
	}
	var again prices
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, all) {
		t.Errorf("got %+v, %v", again, err)
	}
	for _, text := range []string{`1.15`, `115.0`, `1e2`, `"115"`, `"1.5"`, `""`, `"-0.00"`, `true`, `{}`, `[115]`, `9223372036854775808`} {
		cents := vingd.Cents(7)
		if err := json.Unmarshal([]byte(text), &cents); !errors.Is(err, vingd.ErrInvalidArgument) || cents != 7 {
			t.Errorf("%s: got %d, %v", text, cents, err)
		}
	}
	var fromText vingd.Cents
	if err := json.Unmarshal([]byte(`"-1.15"`), &fromText); err != nil || fromText != -115 {
		t.Errorf("got %d, %v", fromText, err)
	}
	cents := vingd.Cents(7)
	if err := json.Unmarshal([]byte(`null`), &cents); err != nil || cents != 7 {
		t.Errorf("null: got %d, %v", cents, err)
	}
}

func TestTime_JSON(t *testing.T) {
	zone := time.FixedZone("", -(3*3600 + 30*60))
	for want, point := range map[string]vingd.Time{
		`""`:                             {},
		`"in 1h0m0s"`:                    vingd.In(time.Hour),
		`"in 0s"`:                        vingd.In(0),
		`"24h0m0s ago"`:                  vingd.Ago(24 * time.Hour),
		`"1ns ago"`:                      vingd.Ago(1),
		`"2026-01-02T03:04:05.678Z"`:     vingd.At(time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)),
		`"2026-01-02T03:04:05-03:30"`:    vingd.At(time.Date(2026, 1, 2, 3, 4, 5, 0, zone)),
		`"2562047h47m16.854775808s ago"`: vingd.In(math.MinInt64),
		`"in 2562047h47m16.854775807s"`:  vingd.In(math.MaxInt64),
	} {
		text, err := json.Marshal(point)
		if string(text) != want || err != nil {
			t.Errorf("%v: got %s, %v; want %s", point, text, err, want)
		}
		again := vingd.In(time.Second)
		if err := json.Unmarshal(text, &again); err != nil || again.String() != point.String() || again.IsZero() != point.IsZero() {
			t.Errorf("%s: got %v, %v", text, again, err)
		}
	}
	for _, at := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if text, err := json.Marshal(vingd.At(at)); err == nil {
			t.Errorf("%v: got %s", at, text)
		}
	}
	for _, text := range []string{"default", "1h", "in", "in ", " ago", "in 1h ago", "--5m ago", "in --5m", "2026-01-02", "2026-01-02 03:04:05Z", "now", "5"} {
		point := vingd.In(time.Second)
		quoted, _ := json.Marshal(text)
		if err := json.Unmarshal(quoted, &point); !errors.Is(err, vingd.ErrInvalidArgument) || point != vingd.In(time.Second) {
			t.Errorf("%q: got %v, %v", text, point, err)
		}
	}
}

// TestTime_JSONOmitsZero shows that a zero Time has no JSON in a field with omitzero.
func TestTime_JSONOmitsZero(t *testing.T) {
	text, err := json.Marshal(struct {
		Expires vingd.Time `json:"expires,omitzero"`
	}{})
	if string(text) != "{}" || err != nil {
		t.Errorf("got %s, %v", text, err)
	}
}

// TestContract_ResultsInJSON holds results and parameters to their documented JSON: the names of the fields in Go, and the same value again.
func TestContract_ResultsInJSON(t *testing.T) {
	for _, value := range []any{
		object, order, purchase, voucher, logEntry, transfer,
		vingd.Profile{UID: 4711, Username: "a", Name: "b", Created: now},
		vingd.Callback{Object: 5, Token: tid, Context: "c"},
		vingd.URLs{Redirect: "https://a.test/", Popup: "https://b.test/"},
		vingd.ObjectParams{Name: "a", URL: "b"}, vingd.OrderParams{Price: 200, Context: "a", Expires: vingd.In(time.Hour)},
		vingd.PurchaseParams{Buyer: huid, Price: 200}, vingd.RewardParams{Amount: 75, Description: "a"},
		vingd.VoucherParams{Amount: 75, AllowZero: true, Expires: vingd.In(time.Hour), Message: "a", Group: "b", Description: "c"},
		vingd.UserParams{Identities: map[string]string{"mail": "a"}, Primary: "mail", Permissions: []vingd.Permission{vingd.PermissionBalance}},
		vingd.VoucherFilter{Code: code, ValidAfter: vingd.Ago(time.Hour), First: 3},
		map[vingd.VoucherCode]vingd.TransferID{code: 778},
	} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Errorf("%T: %v", value, err)
			continue
		}
		again := reflect.New(reflect.TypeOf(value))
		if err := json.Unmarshal(text, again.Interface()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if o, ok := again.Interface().(*vingd.Object); ok { // encoding/json compacts it
			o.Description = object.Description
		}
		if !reflect.DeepEqual(again.Elem().Interface(), value) {
			t.Errorf("%s is read as\n%+v, want\n%+v", text, again.Elem().Interface(), value)
		}
	}
	text, err := json.Marshal(voucher)
	const want = `{"ID":1001,"Code":"LXKG-TBR-HQV","Amount":100,"Allocated":100,"Transfer":777,"Fee":0,"From":4711,"Proxy":1,"To":0,` +
		`"Group":"summer","ValidUntil":"2026-01-16T03:04:05.678901Z","Description":"","Message":"Thank you for reading"}`
	if string(text) != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", text, err, want)
	}
}

func TestTransferClass_String(t *testing.T) {
	for class, want := range map[vingd.TransferClass]string{
		-1: "class -1", 0: "no class", vingd.TransferPurchase: "purchase", vingd.TransferAdReward: "ad reward",
		vingd.TransferSellerPayout: "seller payout", vingd.TransferAdDeposit: "ad deposit", vingd.TransferCurrencyExchange: "currency exchange",
		vingd.TransferDirect: "direct transfer", vingd.TransferRefund: "refund", vingd.TransferUnverifiedRefund: "unverified purchase refund",
		vingd.TransferVoucherAllocated: "voucher allocated", vingd.TransferVoucherDeposited: "voucher deposited", 11: "class 11",
	} {
		if got := class.String(); got != want {
			t.Errorf("%d: got %q, want %q", int(class), got, want)
		}
	}
}

func TestVoucher_StateAt(t *testing.T) {
	before, at, after := now.Add(-time.Nanosecond), now, now.Add(time.Nanosecond)
	for name, test := range map[string]struct {
		voucher             vingd.Voucher
		before, until, then vingd.VoucherState
	}{
		"reserved":                    {vingd.Voucher{Amount: 100, Allocated: 100, Transfer: 7}, "valid", "expired", "expired"},
		"reserved for an account":     {vingd.Voucher{Amount: 100, Allocated: 100, Transfer: 7, To: 9}, "valid", "expired", "expired"},
		"reserved with a fee":         {vingd.Voucher{Amount: 100, Allocated: 105, Transfer: 7, Fee: 5}, "valid", "expired", "expired"},
		"redeemed":                    {vingd.Voucher{Amount: 100, To: 9}, "redeemed", "redeemed", "redeemed"},
		"given back":                  {vingd.Voucher{Amount: 100}, "revoked", "expired", "expired"},
		"given back by a transfer":    {vingd.Voucher{Amount: 100, Transfer: 8}, "revoked", "expired", "expired"},
		"reserved, of an amount of 0": {vingd.Voucher{Transfer: 7}, "valid", "expired", "expired"},
		"redeemed, of an amount of 0": {vingd.Voucher{To: 9}, "redeemed", "redeemed", "redeemed"},
	} {
		test.voucher.ValidUntil = now
		got := []vingd.VoucherState{test.voucher.StateAt(before), test.voucher.StateAt(at), test.voucher.StateAt(after)}
		if want := []vingd.VoucherState{test.before, test.until, test.then}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestVoucher_StateInSandbox follows vouchers through their states at a broker.
func TestVoucher_StateInSandbox(t *testing.T) {
	sb := sandboxtest.New(t)
	ann := must(sb.AddBuyer("Ann", 0))
	create := func() vingd.Voucher {
		return *must(sb.Client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 100}))
	}
	valid, redeemed, revoked := create(), create(), create()
	must(ann.Redeem(redeemed.Code))
	must(sb.Client.Vouchers.Revoke(t.Context(), vingd.VoucherFilter{Code: revoked.Code}))
	states := func(at time.Time) string {
		var all []string
		for _, v := range []vingd.Voucher{valid, redeemed, revoked} {
			all = append(all, string(must(sb.Client.Vouchers.Get(t.Context(), v.Code)).StateAt(at)))
		}
		return strings.Join(all, " ")
	}
	if got := states(valid.ValidUntil.Add(-time.Second)); got != "valid redeemed revoked" {
		t.Errorf("before their time has passed: %s", got)
	}
	if got := states(valid.ValidUntil); got != "expired redeemed expired" {
		t.Errorf("after their time has passed: %s", got)
	}
}
