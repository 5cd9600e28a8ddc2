package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// Each sheet and each export has the moment when the broker lets a voucher expire. The plan may have a span, a day or nothing.
// A sheet leaves out vouchers that no user can redeem.
func TestSheet_HasMoments(t *testing.T) {
	w, dir := openWorld(t, 1000_00), t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := w.vingd(t.Context(), dir, args...)
		cmd.Env = append(cmd.Env, "TZ=UTC")
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", args, err, output)
		}
		return string(output)
	}
	text := "amount,expires\n1.00,2036-12-31\n2.00,30d\n4.00,\n8.00,30d\n16.00,30d\n32.00,2036-12-31T23:59:59Z\n"
	if err := os.WriteFile(filepath.Join(dir, "plan.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run("campaign", "run", "plan.csv", "--yes")
	made := map[vingd.Cents]vingd.Voucher{}
	for _, v := range must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{})) {
		made[v.Amount] = v
	}
	if until := made[1_00].ValidUntil.UTC(); until != time.Date(2036, 12, 31, 0, 0, 0, 0, time.UTC) {
		t.Fatalf("2036-12-31 ends at %v, want the beginning of that day", until)
	}
	must(must(w.AddBuyer("Ann", 0)).Redeem(made[8_00].Code))
	must(w.client.Vouchers.Revoke(t.Context(), vingd.VoucherFilter{Code: made[16_00].Code}))

	assertCards := func(file string, amounts ...vingd.Cents) {
		t.Helper()
		got := map[string]string{}
		page := string(must(os.ReadFile(filepath.Join(dir, file))))
		for _, card := range regexp.MustCompile(`(?s)<div class="small">until ([^<]*)</div></div><div class="code">([^<]*)<`).FindAllStringSubmatch(page, -1) {
			got[card[2]] = card[1]
		}
		for _, amount := range amounts {
			v := made[amount]
			if want := v.ValidUntil.UTC().Format("2006-01-02 15:04 UTC"); got[string(v.Code)] != want {
				t.Errorf("%s: the voucher of %v is valid until %q, want %q", file, amount, got[string(v.Code)], want)
			}
		}
		if n := strings.Count(page, `class="code"`); n != len(amounts) {
			t.Errorf("%s: got %d vouchers, want %d", file, n, len(amounts))
		}
	}
	if said := run("campaign", "sheet", "plan.csv"); !strings.Contains(said, "Not on the page: 2 vouchers redeemed, revoked or expired\n") {
		t.Errorf("got %s, want that 2 vouchers are not on the page", said)
	}
	assertCards("plan-sheet.html", 1_00, 2_00, 4_00, 32_00)
	run("vouchers", "sheet")
	assertCards("vouchers-sheet.html", 1_00, 2_00, 4_00, 32_00)

	run("campaign", "export", "plan.csv")
	rows := must(csv.NewReader(strings.NewReader(string(must(os.ReadFile(filepath.Join(dir, "plan-codes.csv")))))).ReadAll())
	for _, row := range rows[1:] {
		v := made[must(vingd.ParseCents(row[3]))]
		if want := v.ValidUntil.UTC().Format(time.RFC3339); row[4] != want {
			t.Errorf("the export has %q for the voucher of %v, want %q", row[4], v.Amount, want)
		}
	}
	said := run("vouchers", "sheet", "--in", "plan-codes.csv", "--out", "in.html")
	if !strings.Contains(said, "Not on the page: 2 vouchers redeemed, revoked or expired\n") || !strings.Contains(said, "The broker was not asked") {
		t.Errorf("got %s, want that 2 vouchers are not on the page, and that the broker was not asked", said)
	}
	assertCards("in.html", 1_00, 2_00, 4_00, 32_00)
}
