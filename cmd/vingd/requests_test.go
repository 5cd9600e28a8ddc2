package main

import (
	"encoding/json"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/vingd/vingd-api-go/vingd"
)

// unsent are flags that change no request.
var unsent = []string{
	"profile", "columns", "jq", "no-header", "output", "qr", "dry-run", "follow", "every", "yes", "expect", "in", "out", "zip",
}

// Each flag of a command that sends requests is in a line of TestRequests_Flags: else a filter could be dropped unnoticed.
func TestContract_FlagsAreSent(t *testing.T) {
	for _, c := range tree() {
		var used []string
		for line := range requestLines() {
			if words := strings.Fields(line); slices.Equal(words[:min(len(words), len(path(c)))], path(c)) {
				used = append(used, words...)
			}
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if len(path(c)) > 0 && len(used) > 0 && !slices.Contains(used, "--"+f.Name) && !slices.Contains(unsent, f.Name) {
				t.Errorf("%s: add --%s to a line of requestLines, or to unsent", strings.Join(path(c), " "), f.Name)
			}
		})
	}
}

// requestLines returns command lines, each with the requests that it sends.
func requestLines() map[string]string {
	const (
		span   = "--since 2026-01-02T00:00:00Z --until 2026-02-03T00:00:00Z"
		valid  = "--valid-after 2026-01-02T00:00:00Z --valid-before 2026-02-03T00:00:00Z"
		begins = "since=20260102T000000+0000/until=20260203T000000+0000"
		ends   = "valid_after=20260102T000000+0000/valid_before=20260203T000000+0000"
		all    = "--from 12 --to 13 --group g " + valid
		asked  = "from=12/to=13/gid=g/" + ends
		me     = "GET id/users; "
		ann    = `GET /-/buyers; POST /-/buyers {"balance":10000,"name":"Ann"}; POST /-/buyers/4712/`
	)
	return map[string]string{
		"balance --of 3f5d2a":                                   "GET fort/accounts/3f5d2a",
		"objects list " + span + " --first 3":                   "GET registry/objects/" + begins + "/first=3",
		"objects list --last 3":                                 "GET registry/objects/last=3",
		"transfers list --from 12 --to 13 " + span:              me + "GET fort/transfers/from=12/to=13/" + begins,
		"transfers list --from 12 --first 2":                    me + "GET fort/transfers/from=12/first=2",
		"transfers list --to me --last 2":                       me + "GET fort/transfers/to=4711/last=2",
		"transfers list --first 2":                              me + "GET fort/transfers/to=4711/first=2; GET fort/transfers/from=4711/first=2",
		"orders list --object 17 --expired":                     "GET objects/17/orders/all/",
		"orders list":                                           "GET orders/",
		"orders get 21":                                         "GET orders/all/21",
		"vouchers list " + all + " --first 2":                   "GET vouchers/" + asked + "/first=2",
		"vouchers list --last 2":                                "GET vouchers/last=2",
		"vouchers get LXKG-TBR-HQV":                             "GET vouchers/LXKG-TBR-HQV",
		"vouchers sheet " + all + " --first 2":                  "GET vouchers/" + asked + "/first=2",
		"vouchers sheet --last 2":                               "GET vouchers/last=2",
		"vouchers history --last 2":                             "GET vouchers/history/last=2",
		"vouchers revoke " + all + " --yes":                     "GET vouchers/" + asked,
		"vouchers revoke --group $grouped --yes":                "GET vouchers/gid=grouped; " + me + `DELETE vouchers/$code {"revoke":true}`,
		"vouchers revoke $voucher --yes":                        "GET vouchers/$voucher; " + me + `DELETE vouchers/$voucher {"revoke":true}`,
		"vouchers revoke --all --expect 0$one --yes":            "GET vouchers; " + me + `DELETE vouchers/$code {"revoke":true}`,
		"users create":                                          `POST id/users/ {"delegate_permissions":null,"identities":null,"primary_identity":null}`,
		"objects update $object --name M":                       `GET registry/objects/1; PUT registry/objects/1/ {"description":{"name":"M","url":"https://shop.example/object"}}; GET registry/objects/1`,
		"objects update $object --url https://x.example":        `GET registry/objects/1; PUT registry/objects/1/ {"description":{"name":"Article object","url":"https://x.example"}}; GET registry/objects/1`,
		"objects ensure --name N --url https://x.example":       `GET registry/objects; POST registry/objects/ {"description":{"name":"N","url":"https://x.example"}}; GET registry/objects/1`,
		"purchases commit $purchase":                            `PUT purchases/3 {"transferid":3}`,
		"purchases charge $object $rich 2.00 --yes":             me + `POST objects/1/purchases {"autocommit":true,"huid":"$rich","price":200}`,
		"rewards give $user 5.00 --reference r --yes":           me + me + `GET fort/transfers/from=4711; POST rewards {"amount":500,"description":"r","huid_to":"$user"}`,
		"request delete vouchers/gid=g --input body.json --yes": me + `DELETE vouchers/gid=g {"description":{"name":"Raw","url":"https://shop.example/raw"}}`,
		"request get fort/accounts":                             "GET fort/accounts",
		"pay $order --as Ann":                                   ann + `pay {"order":$order}`,
		"pay $order --as Ann --anonymously":                     ann + `pay {"anonymously":true,"order":$order}`,
		"redeem $voucher --as Ann":                              ann + `redeem {"code":"$voucher"}`,
		"vouchers history --code LXKG-TBR-HQV --action use " + all + " --first 2 " + span: "GET vouchers/history/LXKG-TBR-HQV/action=use/" + asked +
			"/create_after=20260102T000000+0000/create_before=20260203T000000+0000/first=2",
		"orders create $object 2.00 --expires 2036-01-02T00:00:00Z --context c": `POST objects/1/orders/ {"context":"c","order_expires":"2036-01-02T00:00:00+00:00","price":200}`,
		"vouchers create 5.00 --message m --group g --expires 2036-01-02T00:00:00Z --description d": `POST vouchers/ ` +
			`{"amount":500,"description":"d","gid":"g","message":"m","until":"2036-01-02T00:00:00+00:00"}`,
		"users create --identity mail=a@b.example --primary mail --permit purchase.object,get.account.balance": `POST id/users/ ` +
			`{"delegate_permissions":["purchase.object","get.account.balance"],"identities":{"mail":"a@b.example"},"primary_identity":"mail"}`,
	}
}

// Each argument and each flag goes to the broker, at its place.
func TestRequests_Flags(t *testing.T) {
	for line, want := range requestLines() {
		t.Run(line, func(t *testing.T) {
			b := newBench(t)
			r := b.run(b.words(line)...)
			var got []string
			for i, request := range r.requests {
				got = append(got, strings.TrimSpace(must(url.PathUnescape(request))+" "+b.bodies[i]))
			}
			for _, v := range must(b.client.Vouchers.List(t.Context(), vingd.VoucherFilter{Last: 1})) {
				b.made["code"] = string(v.Code)
			}
			if want := os.Expand(want, func(name string) string { return b.made[name] }); strings.Join(got, "; ") != want {
				t.Errorf("got %s\n%s\nwant %s", strings.Join(got, "; "), r.stderr, want)
			}
		})
	}
}

// A record has what the response has, under the same name.
func TestRequests_Records(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	object, user := b.make(ctx, "object", "A"), b.words("$rich")[0]
	must(b.client.Objects.Create(ctx, vingd.ObjectParams{Name: "B", URL: "https://shop.example/b"}))
	order := b.make(ctx, "order", "O")
	must(b.client.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 1_25, Message: "m", Group: "g", Description: "d"}))
	code := b.make(ctx, "voucher", "v")
	must(must(b.AddBuyer("Ann", 5_00)).Redeem(vingd.VoucherCode(code)))
	must(b.client.Orders.Create(ctx, 1, vingd.OrderParams{Price: 3_00}))
	for line, path := range map[string]string{
		"balance":                       "fort/accounts",
		"balance --of " + user:          "fort/accounts/" + user,
		"whoami":                        "id/users",
		"transfers list --from me":      "fort/transfers/from=4711",
		"transfers list --to me":        "fort/transfers/to=4711",
		"objects list":                  "registry/objects",
		"objects get " + object:         "registry/objects/" + object,
		"orders list":                   "orders/",
		"orders get " + order:           "orders/all/" + order,
		"vouchers list":                 "vouchers",
		"vouchers get " + code:          "vouchers/" + code,
		"vouchers history":              "vouchers/history",
		"vouchers history --action use": "vouchers/history/action=use",
	} {
		got, want := b.records(strings.Fields(line+" -o json")...), b.records("request", "GET", path)
		if len(got) != len(want) || len(got) == 0 {
			t.Errorf("%s: got %d records, want %d", line, len(got), len(want))
			continue
		}
		for i := range got {
			for name, value := range got[i] {
				if wanted, there := want[i][name]; there && !sameValue(value, wanted) {
					t.Errorf("%s: record %d: %s is %v, want %v", line, i, name, value, wanted)
				}
			}
			for name := range want[i] {
				if _, there := got[i][name]; !there && line != "balance" { // a balance does not say whose it is
					t.Errorf("%s: the record has no %s", line, name)
				}
			}
		}
	}
}

// records runs a command, and returns what it prints: a list of objects, or one.
func (b *bench) records(words ...string) (all []map[string]any) {
	b.t.Helper()
	r := b.run(words...)
	if json.Unmarshal([]byte(r.stdout), &all) != nil {
		all = make([]map[string]any, 1)
		if err := json.Unmarshal([]byte(r.stdout), &all[0]); err != nil {
			b.t.Fatalf("%q: %v\n%s%s", words, err, r.stdout, r.stderr)
		}
	}
	return all
}

// sameValue reports whether two values of JSON are equal. A time may be written in several ways.
func sameValue(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	textA, _ := a.(string)
	textB, _ := b.(string)
	timeA, errA := time.Parse(time.RFC3339Nano, textA)
	timeB, errB := time.Parse(time.RFC3339Nano, textB)
	return errA == nil && errB == nil && timeA.Equal(timeB)
}
