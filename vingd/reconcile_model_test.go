package vingd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/vingd/vingd-api-go/vingd"
)

// A modelBroker responds to look-ups as brokers may that keep references in other ways than the sandbox does.
type modelBroker struct {
	storage storage
	clock   clock
	lists   lists
	now     func() time.Time

	mu   sync.Mutex
	rows []modelRow // in their order in time
}

// A modelRow is what a call left, by the broker's clock.
type modelRow struct {
	id   int64
	at   time.Time
	data map[string]any
}

// A storage is a way to keep the text of a call.
type storage struct {
	name string
	// keep returns what becomes of a text. Without it, the text is not kept.
	keep func(text string) string
	// ordinary says that the text is kept as the documents say. A text that is whole is found as it is.
	ordinary, whole bool
	// replaced says that the text is replaced by another one.
	replaced bool
}

func unchanged(text string) string { return text }

func cutAt(n int) func(string) string {
	return func(text string) string {
		runes := []rune(text)
		return string(runes[:min(n, len(runes))])
	}
}

func lastOf(n int) func(string) string {
	return func(text string) string {
		runes := []rune(text)
		return string(runes[max(0, len(runes)-n):])
	}
}

var storages = []storage{
	{name: "whole", keep: unchanged, ordinary: true, whole: true},
	{name: "none"},
	{name: "empty", keep: cutAt(0)},
	{name: "trimmed", keep: func(s string) string { return strings.Trim(s, " .!") }},
	{name: "padded", keep: func(s string) string { return s + "    " }},
	{name: "line end", keep: func(s string) string { return s + "\r\n" }},
	{name: "NFD", keep: norm.NFD.String},
	{name: "NFKC", keep: norm.NFKC.String},
	{name: "ASCII", keep: func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > 0x7f {
				return '?'
			}
			return r
		}, s)
	}},
	{name: "Latin letters", keep: func(s string) string { // č becomes c
		return strings.Map(func(r rune) rune {
			if r > 0x7f {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}},
	{name: "upper case", keep: strings.ToUpper},
	{name: "no-break spaces", keep: func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }},
	{name: "escaped", keep: html.EscapeString},
	{name: "quoted", keep: func(s string) string { return `"` + s + `"` }},
	{name: "in a sentence", keep: func(s string) string { return "From the shop: " + s + ". Thank you!" }},
	{name: "as JSON", keep: func(s string) string { return must1(json.Marshal(map[string]string{"text": s})) }},
	{name: "cut at 4", keep: cutAt(4)},
	{name: "cut at 8", keep: cutAt(8)},
	{name: "cut at 10", keep: cutAt(10)},
	{name: "cut at 16", keep: cutAt(16)},
	{name: "cut at 20", keep: cutAt(20)},
	{name: "last 12", keep: lastOf(12)},
	{name: "last 20", keep: lastOf(20)},
	{name: "cut at both ends", keep: func(s string) string { return lastOf(20)(cutAt(22)(s)) }},
	{name: "cut with dots", keep: func(s string) string { return cutAt(10)(s) + "…" }},
	{name: "constant", keep: func(string) string { return "Direct transfer" }, replaced: true},
	{name: "constant like it", keep: func(string) string { return "Reward of the month" }, replaced: true},
	{name: "name of the user", keep: func(s string) string { return "Ann " + strings.Repeat("I", len(s)%5) }, replaced: true},
	{name: "time", keep: func(s string) string { return fmt.Sprintf("2026-01-02T03:04:%02d", len(s)%60) }, replaced: true},
	{name: "UUID", keep: func(s string) string { return fmt.Sprintf("6f1c2a7e-0b5d-4c3e-9a8f-%012x", len(s)) }, replaced: true},
}

func must1(b []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A clock is how far the broker's is from the caller's, and what its Date header tells.
type clock struct {
	name     string
	ahead    time.Duration
	date     string // "its own", "the right one"; optional
	ordinary bool
}

var clocks = []clock{
	{name: "right", date: "its own", ordinary: true},
	{name: "right, no Date", ordinary: true},
	{name: "2 minutes behind", ahead: -2 * time.Minute, date: "its own", ordinary: true},
	{name: "2 minutes ahead", ahead: 2 * time.Minute, date: "its own", ordinary: true},
	{name: "90 minutes behind", ahead: -90 * time.Minute, date: "its own", ordinary: true},
	{name: "90 minutes ahead", ahead: 90 * time.Minute, date: "its own", ordinary: true},
	{name: "90 minutes behind, no Date", ahead: -90 * time.Minute, ordinary: true},
	{name: "a day behind", ahead: -24 * time.Hour, date: "its own"},
	{name: "a day behind, no Date", ahead: -24 * time.Hour},
	{name: "a day behind, right Date", ahead: -24 * time.Hour, date: "the right one"},
	{name: "a day ahead", ahead: 24 * time.Hour, date: "its own"},
	{name: "ten years behind", ahead: -10 * 365 * 24 * time.Hour, date: "its own"},
}

// lists are how the broker bounds its lists.
type lists struct {
	name          string
	before, after int  // how many other calls there are
	bound         int  // how many rows a list has at most; 0 for all
	newest        bool // the newest of them
	unpaged       bool // whether first and last make no difference
	oneEnd        bool // whether first means last
	lastless      bool // whether last selects no row
	ordinary      bool
}

var listings = []lists{
	{name: "whole", ordinary: true},
	{name: "whole and long", before: 53, after: 58, ordinary: true}, // no neighbours make it a round number of orders
	{name: "oldest 100, few", bound: 100, ordinary: true},
	{name: "oldest 100", bound: 100, before: 110},
	{name: "oldest 100, more after", bound: 100, before: 60, after: 60},
	{name: "newest 100", bound: 100, newest: true, after: 110},
	{name: "newest 100, more before", bound: 100, newest: true, before: 60, after: 60},
	{name: "oldest 1000", bound: 1000, before: 1010},
	{name: "newest 1000", bound: 1000, newest: true, after: 1010},
	{name: "oldest 100, unpaged", bound: 100, unpaged: true, before: 110},
	{name: "newest 100, unpaged", bound: 100, newest: true, unpaged: true, after: 110},
	{name: "newest 100, first means last", bound: 100, newest: true, oneEnd: true, after: 110},
	{name: "oldest 100, last selects none", bound: 100, lastless: true, before: 110},
}

func (b *modelBroker) add(at time.Time, data map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, modelRow{int64(len(b.rows) + 1), at.Add(b.clock.ahead), data})
}

func (b *modelBroker) RoundTrip(req *http.Request) (*http.Response, error) {
	header := []string{"Content-Type", "application/json"}
	switch b.clock.date {
	case "its own":
		header = append(header, "Date", b.now().Add(b.clock.ahead).UTC().Format(http.TimeFormat))
	case "the right one":
		header = append(header, "Date", b.now().UTC().Format(http.TimeFormat))
	}
	path := strings.TrimPrefix(req.URL.Path, "/broker/v1/")
	if path == "id/users" {
		return reply(req, http.StatusOK, `{"data": {"uid": 7}}`, header...), nil
	}
	filter := map[string]string{}
	for segment := range strings.SplitSeq(path, "/") {
		if key, value, ok := strings.Cut(segment, "="); ok {
			filter[key] = must(url.PathUnescape(value))
		}
	}
	if path == "fort/accounts" {
		return reply(req, http.StatusOK, fmt.Sprintf(`{"data": {"balance": %d}}`, b.balance()), header...), nil
	}
	data := []map[string]any{}
	isTransfers := strings.HasPrefix(path, "fort/transfers/")
	for _, row := range b.list(filter, strings.HasPrefix(path, "objects/")) {
		switch {
		case isTransfers && row.data["action"] == "add" && filter["from"] == "7":
			row.data = modelTransfer(row.id, row.data["amount_vouched"], 7, 3, row.at)
		case isTransfers && (row.data["action"] != nil || row.data["uid_to"] != nil && (filter["to"] == "7") != (row.data["uid_to"] == 7)):
			continue
		}
		data = append(data, row.data)
	}
	return reply(req, http.StatusOK, must1(json.Marshal(map[string]any{"data": data})), header...), nil
}

// modelDeposit is what the seller had at first.
const modelDeposit vingd.Cents = 1_000_000_00

// balance returns what the seller has now.
func (b *modelBroker) balance() vingd.Cents {
	b.mu.Lock()
	defer b.mu.Unlock()
	balance := modelDeposit
	for _, row := range b.rows {
		amount := row.data["amount"]
		if row.data["action"] == "add" {
			amount = row.data["amount_vouched"]
		}
		switch n := amount.(type) {
		case vingd.Cents:
			balance -= sign(row) * n
		case int:
			balance -= sign(row) * vingd.Cents(n)
		}
	}
	return balance
}

// sign returns 1 for a payment from the seller, and -1 for one to them.
func sign(row modelRow) vingd.Cents {
	if row.data["uid_to"] == 7 {
		return -1
	}
	return 1
}

func modelTransfer(id int64, amount any, from, to int, at time.Time) map[string]any {
	return map[string]any{"id": id, "amount": amount, "uid_from": from, "uid_to": to, "uid_proxy": 1, "timestamp": at.UTC().Format(time.RFC3339), "description": `{"class": 9}`}
}

// list returns the rows that a filter selects. Orders have none.
func (b *modelBroker) list(filter map[string]string, orders bool) (rows []modelRow) {
	b.mu.Lock()
	defer b.mu.Unlock()
	since := filter["since"] + filter["create_after"]
	all := b.rows
	if filter["to"] == "7" { // the first payment to the seller is a deposit
		at := b.now().Add(b.clock.ahead - 48*time.Hour)
		all = append([]modelRow{{1 << 40, at, modelTransfer(1<<40, modelDeposit, 1, 7, at)}}, all...)
	}
	for _, row := range all {
		if _, isOrder := row.data["price"]; orders && !isOrder {
			continue
		}
		if since == "" || row.at.After(must(time.Parse("20060102T150405-0700", since))) {
			if action := row.data["action"]; filter["action"] == "" || action == filter["action"] {
				rows = append(rows, row)
			}
		}
	}
	bound, newest := b.lists.bound, b.lists.newest
	if !b.lists.unpaged && !orders {
		if filter["first"] == "1" {
			bound, newest = 1, b.lists.oneEnd
		} else if filter["last"] == "1" {
			if b.lists.lastless {
				return nil
			}
			bound, newest = 1, true
		}
	}
	switch {
	case bound == 0 || len(rows) <= bound:
		return rows
	case newest:
		return rows[len(rows)-bound:]
	default:
		return rows[:bound]
	}
}

// A modelCall is an operation, and how the broker keeps what it leaves.
type modelCall struct {
	name string
	// row is what a call with a reference leaves, and other calls do.
	row func(b *modelBroker, at time.Time, reference string, amount vingd.Cents)
	// reconcile looks for a call of 200 cents.
	reconcile func(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error)
	// free says that the field may have another text than a call's: the documents do not say what it has.
	free bool
	// told says that the row tells its call in any case.
	told bool
}

// text is a text as the broker keeps it, or nil.
func (b *modelBroker) text(text string) any {
	if b.storage.keep == nil || text == "" {
		return nil
	}
	return b.storage.keep(text)
}

func rewardRow(describe func(b *modelBroker, text string) any) func(*modelBroker, time.Time, string, vingd.Cents) {
	return func(b *modelBroker, at time.Time, reference string, amount vingd.Cents) {
		var description any
		switch d := describe(b, reference).(type) {
		case string:
			description = d
		case map[string]any:
			description = must1(json.Marshal(d))
		}
		b.add(at, map[string]any{
			"id": len(b.rows) + 1, "amount": amount, "uid_from": 7, "uid_to": 8, "uid_proxy": 1, "description": description,
			"timestamp": at.Add(b.clock.ahead).UTC().Format(time.RFC3339),
		})
	}
}

func findModelReward(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
	return c.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 200, Description: reference}, sent)
}

func voucherRow(fields func(b *modelBroker, text string) map[string]any) func(*modelBroker, time.Time, string, vingd.Cents) {
	return func(b *modelBroker, at time.Time, reference string, amount vingd.Cents) {
		id := len(b.rows) + 1
		data := fields(b, reference)
		for key, value := range map[string]any{
			"id": id, "action": "add", "ts_created": at.Add(b.clock.ahead).UTC().Format(time.RFC3339), "vid": id,
			"vid_encoded": fmt.Sprint("V", id), "amount_vouched": amount, "amount_allocated": amount, "id_fort_transfer": id,
		} {
			data[key] = value
		}
		b.add(at, data)
	}
}

func findModelVoucher(params func(reference string) vingd.VoucherParams) func(context.Context, *vingd.Client, string, time.Time) (any, error) {
	return func(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
		p := params(reference)
		p.Amount = 200
		return c.Vouchers.Reconcile(ctx, p, sent)
	}
}

func objectURL(reference string) string {
	return "https://shop.example/" + strings.Join(strings.FieldsFunc(strings.ToLower(reference), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
}

var modelCalls = []modelCall{
	{"a reward", rewardRow(func(b *modelBroker, text string) any {
		return map[string]any{"class": 6, "message": b.text(text)}
	}), findModelReward, true, false},
	{"a reward, of no class", rewardRow(func(b *modelBroker, text string) any {
		return map[string]any{"to": "Ann", "message": b.text(text)}
	}), findModelReward, true, false},
	{"a reward, text deep inside", rewardRow(func(b *modelBroker, text string) any {
		return map[string]any{"class": "6", "info": map[string]any{"type": "reward", "notes": []any{1, map[string]any{"n": b.text(text)}}}}
	}), findModelReward, true, false},
	{"a reward, text alone", rewardRow(func(b *modelBroker, text string) any { return b.text(text) }), findModelReward, true, false},
	{"a voucher by message", voucherRow(func(b *modelBroker, text string) map[string]any {
		return map[string]any{"message": b.text(text), "description": nil}
	}), findModelVoucher(func(ref string) vingd.VoucherParams { return vingd.VoucherParams{Message: ref} }), false, false},
	{"a voucher by description", voucherRow(func(b *modelBroker, text string) map[string]any {
		return map[string]any{"message": "Enjoy!", "description": b.text(text)}
	}), findModelVoucher(func(ref string) vingd.VoucherParams { return vingd.VoucherParams{Message: "Enjoy!", Description: ref} }), true, false},
	{"a voucher by both", voucherRow(func(b *modelBroker, text string) map[string]any {
		return map[string]any{"message": text, "description": b.text(text)}
	}), findModelVoucher(func(ref string) vingd.VoucherParams { return vingd.VoucherParams{Message: ref, Description: ref} }), true, false},
	{"an order", func(b *modelBroker, at time.Time, reference string, amount vingd.Cents) {
		b.add(at, map[string]any{
			"id": len(b.rows) + 1, "oid": 5, "price": amount, "context": b.text(reference),
			"timestamp_created": at.Add(b.clock.ahead).UTC().Format(time.RFC3339),
		})
	}, func(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
		return c.Orders.Reconcile(ctx, 5, vingd.OrderParams{Price: 200, Context: reference}, sent)
	}, false, false},
	{"an order of which only the context is told", func(b *modelBroker, at time.Time, reference string, _ vingd.Cents) {
		b.add(at, map[string]any{"id": len(b.rows) + 1, "price": 200, "context": b.text(reference)})
	}, func(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
		return c.Orders.Reconcile(ctx, 5, vingd.OrderParams{Price: 200, Context: reference}, sent)
	}, false, false},
	{"an object, name changed", objectRow(func(b *modelBroker, ref string) (any, any) { return b.text(ref), objectURL(ref) }), findModelObject, true, false},
	{"an object, URL changed", objectRow(func(b *modelBroker, ref string) (any, any) { return ref, b.text(objectURL(ref)) }), findModelObject, true, false},
	{"an object, both changed", objectRow(func(b *modelBroker, ref string) (any, any) { return b.text(ref), b.text(objectURL(ref)) }), findModelObject, false, false},
	{"a purchase", purchaseRow(func(b *modelBroker, oid int) map[string]any {
		return map[string]any{"class": 1, "oid": oid, "object": "An object", "purchaseid": len(b.rows) + 1}
	}), findModelPurchase, false, true},
	{"a purchase, object deep inside", purchaseRow(func(b *modelBroker, oid int) map[string]any {
		return map[string]any{"info": []any{map[string]any{"oid": fmt.Sprint(oid)}}}
	}), findModelPurchase, false, true},
}

func objectRow(texts func(b *modelBroker, ref string) (name, url any)) func(*modelBroker, time.Time, string, vingd.Cents) {
	return func(b *modelBroker, at time.Time, reference string, _ vingd.Cents) {
		name, url := texts(b, reference)
		when := at.Add(b.clock.ahead).UTC().Format(time.RFC3339)
		b.add(at, map[string]any{
			"oid": len(b.rows) + 1, "timestamp_created": when, "timestamp_modified": when,
			"description": map[string]any{"name": name, "url": url},
		})
	}
}

func findModelObject(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
	return c.Objects.Reconcile(ctx, vingd.ObjectParams{Name: reference, URL: objectURL(reference)}, sent)
}

// purchaseRow leaves the transfer for the object that was made for a reference. A storage that does not keep the reference
// whole does not tell the object.
func purchaseRow(describe func(b *modelBroker, oid int) map[string]any) func(*modelBroker, time.Time, string, vingd.Cents) {
	return func(b *modelBroker, at time.Time, reference string, amount vingd.Cents) {
		description := map[string]any{"class": 1}
		if b.storage.whole {
			description = describe(b, oidOf(reference))
		} else if b.storage.keep == nil {
			description = map[string]any{}
		}
		b.add(at, map[string]any{
			"id": len(b.rows) + 1, "amount": amount, "uid_from": 8, "uid_to": 7, "description": must1(json.Marshal(description)),
			"timestamp": at.Add(b.clock.ahead).UTC().Format(time.RFC3339),
		})
	}
}

func oidOf(reference string) int { return int(crc32.ChecksumIEEE([]byte(reference))%1_000_000) + 1 }

func findModelPurchase(ctx context.Context, c *vingd.Client, reference string, sent time.Time) (any, error) {
	return c.Purchases.Reconcile(ctx, vingd.ObjectID(oidOf(reference)), vingd.PurchaseParams{Buyer: huid, Price: 200}, sent)
}
