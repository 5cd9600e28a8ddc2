package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A run names twenty rows that are not done, and counts the others.
func TestPlan_ManyProblems(t *testing.T) {
	for rows, more := range map[int]string{20: "", 21: "… and 1 more row\n", 22: "… and 2 more rows\n"} {
		b := newBench(t)
		var plan strings.Builder
		plan.WriteString("huid,amount,reference\n")
		for i := range rows {
			fmt.Fprintf(&plan, "0a,1.00,prize no. %d\n", i+1)
		}
		b.write("payroll.csv", plan.String())
		for _, r := range []*ran{b.run("rewards", "pay", "payroll.csv", "--yes"), b.run("rewards", "status", "payroll.csv")} {
			if got := strings.Count(r.stderr, ": refused: "); got != 20 || strings.Contains(r.stderr, "… and") != (more != "") || !strings.Contains(r.stderr, more) {
				t.Errorf("%d rows: got %d rows, %s, want 20, %s", rows, got, r.stderr, more)
			}
		}
	}
}

// A check names ten duplicates, and counts the others. The sum of a plan may be the whole balance.
func TestPlan_Check(t *testing.T) {
	b := newBench(t)
	for same, more := range map[int]string{10: "", 11: "\n… and 1 more\n", 12: "\n… and 2 more\n"} {
		b.write("plan.csv", "amount,to\n1.00,Ann\n"+strings.Repeat("1.00,Ann\n", same))
		r := b.run("campaign", "check", "plan.csv", "--jq", ".duplicates")
		if got := strings.Count(r.stderr, ": has the recipient of an earlier row\n"); r.code != 0 || got != 10 || strings.Contains(r.stderr, "… and") != (more != "") ||
			!strings.Contains(r.stderr, more) || r.stdout != strconv.Itoa(same)+"\n" {
			t.Errorf("%d duplicates: got %d, %s%s", same, r.code, r.stdout, r.stderr)
		}
	}
	for amount, want := range map[string]string{"999.00": "", "1000.00": "", "1000.01": "vingd: balance: 0.01 too low\n"} {
		b.write("plan.csv", "amount\n"+amount+"\n")
		if r := b.run("campaign", "check", "plan.csv"); r.stderr != want || (r.code == 1) != (want != "") {
			t.Errorf("%s: got %d, %s, want %s", amount, r.code, r.stderr, want)
		}
	}
}

// Each row is counted by the state of its voucher, and only open vouchers are revoked.
func TestPlan_States(t *testing.T) {
	b := newBench(t)
	b.write("plan.csv", "amount\n1.00\n2.00\n4.00\n8.00\n16.00\n2000.00\n")
	if r := b.run("campaign", "run", "plan.csv", "--yes"); r.code != 6 {
		t.Fatalf("got %d, %s", r.code, r.stderr)
	}
	codes := map[vingd.Cents]vingd.VoucherCode{}
	for _, v := range must(b.client.Vouchers.List(t.Context(), vingd.VoucherFilter{})) {
		codes[v.Amount] = v.Code
	}
	must(must(b.AddBuyer("Ann", 0)).Redeem(codes[1_00]))
	must(b.client.Vouchers.Revoke(t.Context(), vingd.VoucherFilter{Code: codes[2_00]}))
	states := func(open, revoked string) {
		t.Helper()
		r := b.run("campaign", "status", "plan.csv", "-o", "csv")
		want := "state,rows,sum\npending,1,2000.00\nrefused,0,0.00\nunknown,0,0.00\nopen," + open + "\nredeemed,1,1.00\nrevoked," + revoked + "\nexpired,0,0.00\n"
		if r.stdout != want {
			t.Errorf("got %s%s\nwant %s", r.stdout, r.stderr, want)
		}
	}
	states("3,28.00", "1,2.00")

	// The third voucher is redeemed while the campaign is revoked. The fifth is refused at first.
	bob := must(b.AddBuyer("Bob", 0))
	deletes := 0
	b.beforeEach(func(r *http.Request) {
		if r.Method != http.MethodDelete {
			return
		}
		switch deletes++; deletes {
		case 1:
			must(bob.Redeem(codes[4_00]))
		case 3:
			_ = b.Fail("revokeVoucher", sandbox.Fault{Status: http.StatusForbidden, Count: 1})
		}
	})
	r := b.run("campaign", "revoke", "plan.csv", "--yes", "-o", "id")
	if want := string(codes[8_00]) + "\n"; r.code != 6 || r.stdout != want {
		t.Errorf("got %d, %s%s, want 6, %s", r.code, r.stdout, r.stderr, want)
	}
	for _, want := range []string{
		"Revoke 3 unused vouchers of plan.csv, of 28.00 in all,\n", string(codes[4_00]) + ": was redeemed, revoked or expired before\n",
		"vingd: 1 of 3 vouchers revoked; run the same command again to go on: vingd: revokeVoucher: 403 ",
	} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("got %s, want %s", r.stderr, want)
		}
	}
	b.beforeEach(nil)
	if r := b.run("campaign", "revoke", "plan.csv", "--yes", "-o", "id"); r.code != 0 || r.stdout != string(codes[16_00])+"\n" {
		t.Errorf("got %d, %s%s", r.code, r.stdout, r.stderr)
	}
	if r := b.run("campaign", "revoke", "plan.csv", "--yes"); r.code != 5 || r.stderr != "vingd: unused vouchers of plan.csv: not found\n" {
		t.Errorf("got %d, %s", r.code, r.stderr)
	}
}

// If the outcome of a revocation stays unknown, the exit code is 3, though others are done.
func TestPlan_RevocationInDoubt(t *testing.T) {
	b := newBench(t)
	b.write("plan.csv", "amount\n1.00\n1.00\n")
	if r := b.run("campaign", "run", "plan.csv", "--yes"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	deletes := 0
	b.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodDelete {
			if deletes++; deletes == 2 {
				_ = b.Fail("revokeVoucher", sandbox.Fault{HangUp: true, Count: 1})
				_ = b.Fail("getVoucherHistory", sandbox.Fault{Status: http.StatusForbidden})
			}
		}
	})
	r := b.run("campaign", "revoke", "plan.csv", "--yes")
	if r.code != 3 || !strings.Contains(r.stderr, "vingd: 1 of 2 vouchers revoked: ") {
		t.Errorf("got %d, %s", r.code, r.stderr)
	}
}

// A revocation with --expect that stops goes on with another number, which its advice says.
func TestPlan_RevocationExpectsOthers(t *testing.T) {
	b := newBench(t)
	for range 3 {
		must(b.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00}))
	}
	deletes, fault := 0, sandbox.Fault{Status: http.StatusForbidden, Count: 1}
	b.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodDelete {
			if deletes++; deletes == 2 {
				_ = b.Fail("revokeVoucher", fault)
				_ = b.Fail("getVoucherHistory", sandbox.Fault{Status: http.StatusForbidden})
			}
		}
	})
	r := b.run("vouchers", "revoke", "--all", "--expect", "3", "--yes")
	want := "vingd: 1 of 3 vouchers revoked; run the same command again to go on, with the number that is left as --expect: vingd: revokeVoucher: 403 "
	if r.code != 6 || !strings.Contains(r.stderr, want) {
		t.Errorf("got %d, %s, want 6, %s", r.code, r.stderr, want)
	}
	b.ClearFaults()
	deletes, fault = 0, sandbox.Fault{HangUp: true, Done: true, Count: 1}
	r = b.run("vouchers", "revoke", "--all", "--expect", "2", "--yes")
	want = " before you run the same command again, with the number that is left as --expect\n"
	if r.code != 3 || !strings.Contains(r.stderr, "vingd: 1 of 2 vouchers revoked: ") || !strings.HasSuffix(r.stderr, want) {
		t.Errorf("got %d, %s, want 3, %s", r.code, r.stderr, want)
	}
}

// A request that a proxy holds may arrive after a list that does not have its object yet.
func TestEnsure_InDoubt(t *testing.T) {
	b := newBench(t)
	b.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodPost {
			_ = b.Fail("createObject", sandbox.Fault{HangUp: true, Count: 1})
			_ = b.Fail("listObjects", sandbox.Fault{Status: http.StatusForbidden})
		}
	})
	r := b.run("objects", "ensure", "--name", "N", "--url", "https://shop.example/n")
	want := ": wait two minutes, because the request may arrive late; then run the command again\n"
	if r.code != 3 || !strings.HasSuffix(r.stderr, want) {
		t.Errorf("got %d, %s, want 3, %s", r.code, r.stderr, want)
	}
}

// A reward names the others of its account that have no result, however the endpoint is spelled. Those of other accounts are not
// its business: see TestGive_ReferenceOfAnotherAccount.
func TestGive_NamesOthers(t *testing.T) {
	b := newBench(t)
	user := b.make(t.Context(), "user", "ann")
	give := func(reference string) *ran {
		return b.run("rewards", "give", user, "1.00", "--reference", reference, "--yes")
	}
	_ = b.Fail("rewardUser", sandbox.Fault{HangUp: true, Count: 1})
	b.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodPost {
			_ = b.Fail("listTransfers", sandbox.Fault{Status: http.StatusForbidden})
		}
	})
	if r := give("first"); r.code != 3 || strings.Contains(r.stderr, "An earlier reward") {
		t.Fatalf("got %d, %s, want 3", r.code, r.stderr)
	}
	b.beforeEach(nil)
	b.ClearFaults()
	b.write("config/vingd/pending/two.csv", "huid,amount,reference\n"+user+",1.00,a\n"+user+",1.00,b\n")
	b.write("config/vingd/pending/none.csv", "huid\n")
	want := "An earlier reward has no result yet. Run its command again: vingd rewards give " + user + " 1.00 --reference first\n"
	if r := give("second"); r.code != 0 || strings.Count(r.stderr, "An earlier reward") != 1 || !strings.Contains(r.stderr, want) {
		t.Errorf("got %d, %s, want %s", r.code, r.stderr, want)
	}
	t.Setenv("VINGD_ENDPOINT", strings.Replace(b.endpoint(), "127.0.0.1", "localhost", 1))
	if r := give("third"); r.code != 0 || !strings.Contains(r.stderr, want) {
		t.Errorf("another spelling: got %d, %s, want %s", r.code, r.stderr, want)
	}
	t.Setenv("VINGD_ENDPOINT", b.endpoint())
	if r := give("first"); r.code != 0 && r.code != 3 || strings.Contains(r.stderr, "An earlier reward") {
		t.Errorf("the same reward: got %d, %s", r.code, r.stderr)
	}
}

// The oldest of several objects at a URL is the one.
func TestEnsure_Oldest(t *testing.T) {
	b := newBench(t)
	for _, p := range []vingd.ObjectParams{
		{Name: "A", URL: "https://shop.example/a"}, {Name: "B", URL: "https://shop.example/b"}, {Name: "C", URL: "https://shop.example/b"}, {Name: "D", URL: "https://shop.example/d"},
	} {
		must(b.client.Objects.Create(t.Context(), p))
	}
	for _, name := range []string{"B", "E"} {
		r := b.run("objects", "ensure", "--name", name, "--url", "https://shop.example/b", "--jq", "[.oid, .name]|tostring")
		if r.code != 0 || r.stdout != `[2,"`+name+`"]`+"\n" || r.writes() != (name == "E") {
			t.Errorf("got %d, %s%s after %q, want object 2", r.code, r.stdout, r.stderr, r.requests)
		}
	}
}

// A completion offers the 50 newest, and does not try again.
func TestCompletion_Bounds(t *testing.T) {
	b := newBench(t)
	object := b.object(t.Context(), "A")
	for i := range 51 {
		must(b.client.Orders.Create(t.Context(), object, vingd.OrderParams{Price: vingd.Cents(100 + i)}))
	}
	r := b.run("__complete", "orders", "get", "")
	if n := strings.Count(r.stdout, "\t"); n != 50 || strings.Contains(r.stdout, "\t1.00\n") || !strings.Contains(r.stdout, "\t1.50\n") {
		t.Errorf("got %d orders, want the 50 newest:\n%s", n, r.stdout)
	}
	for words, request := range map[string]string{"objects get": "GET registry/objects/last=50", "vouchers get": "GET vouchers/last=50"} {
		if r := b.run(append(append([]string{"__complete"}, strings.Fields(words)...), "")...); strings.Join(r.requests, "; ") != request {
			t.Errorf("%s: got %q, want %s", words, r.requests, request)
		}
	}
	_ = b.Fail("listObjects", sandbox.Fault{Status: http.StatusServiceUnavailable})
	if r := b.run("__complete", "objects", "get", ""); len(r.requests) != 1 || r.stdout != ":4\n" {
		t.Errorf("got %q after %q, want one request", r.stdout, r.requests)
	}
}

// Without a description a voucher has a reference, whose groups of digits are short.
func TestVoucher_Reference(t *testing.T) {
	b := newBench(t)
	seen := map[string]bool{}
	for range 20 {
		r := b.run("vouchers", "create", "1.00", "--jq", ".description")
		text := strings.Trim(r.stdout, "\"\n")
		parts := strings.Split(text, ".")
		if len(parts) != 7 || parts[0] != "voucher" || seen[text] {
			t.Fatalf("got %q, want voucher and six groups of digits", text)
		}
		for _, part := range parts[1:] {
			if _, err := strconv.Atoi(part); err != nil || len(part) != 4 {
				t.Errorf("got %q, want groups of four digits", text)
			}
		}
		seen[text] = true
	}
}
