package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// One reference that was used for another amount does not stop a payroll that has begun. The advice leads to an end.
func TestPay_ReferenceOfAnotherAmount(t *testing.T) {
	b := newBench(t)
	user := b.make(t.Context(), "user", "ann")
	must(b.client.Rewards.Create(t.Context(), vingd.HUID(user), vingd.RewardParams{Amount: 1_50, Description: "prize no. 2"}))
	head := "huid,amount,reference\n"
	b.write("payroll.csv", head+user+",1.00,prize no. 1\n"+user+",1.00,prize no. 2\n"+user+",1.00,prize no. 3\n")
	const problem = `: reference "prize no. 2": the broker already has it, of 1.50 and not of 1.00`
	const advice = "; put a row whose reference the broker already has into another plan, with another reference. " +
		"If that payment was the row's own, give it that amount there, and run with --adopt\n"
	for range 2 {
		r := b.run("rewards", "pay", "payroll.csv", "--yes")
		if r.code != 6 || !strings.Contains(r.stderr, "payroll.csv:3: refused"+problem+"\n") || !strings.HasSuffix(r.stderr, "2 of 3 rows done, 1 refused: row 2"+problem+advice) {
			t.Errorf("got %d, %s", r.code, r.stderr)
		}
	}
	if r := b.run("rewards", "status", "payroll.csv", "-o", "csv"); !strings.Contains(r.stdout, "refused,1,1.00\n") || !strings.Contains(r.stderr, problem) {
		t.Errorf("got %s%s", r.stdout, r.stderr)
	}
	if r := b.run("rewards", "pay", "payroll.csv", "--check", "-o", "csv"); r.code != 1 || !strings.Contains(r.stdout, "\n3,3.00,2,2.00,2,996.50,996.50\n") || !strings.HasSuffix(r.stderr, advice[2:]) {
		t.Errorf("got %d, %s%s, want that the row is no longer counted", r.code, r.stdout, r.stderr)
	}
	if r := b.run("rewards", "pay", "payroll.csv", "--dry-run"); strings.Contains(r.stderr, "Give ") {
		t.Errorf("got %d, %s, want that no reward is left", r.code, r.stderr)
	}
	b.write("own.csv", head+user+",1.50,prize no. 2\n")
	b.write("new.csv", head+user+",1.00,prize no. 4\n")
	for _, line := range []string{"own.csv --adopt", "new.csv"} {
		if r := b.run(append([]string{"rewards", "pay", "--yes"}, strings.Fields(line)...)...); r.code != 0 {
			t.Errorf("%s: got %d, %s", line, r.code, r.stderr)
		}
	}
	if balance := must(b.client.Accounts.Balance(t.Context())); balance != 1000_00-4_50 {
		t.Errorf("got a balance of %v, want each reward once", balance)
	}
	r := b.run("rewards", "give", user, "2.00", "--reference", "prize no. 2", "--yes")
	if want := "vingd: reference \"prize no. 2\": the broker already has it, of 1.50 and not of 2.00; nothing was paid\n"; r.code != 1 || !strings.HasSuffix(r.stderr, want) {
		t.Errorf("got %d, %s, want %s", r.code, r.stderr, want)
	}
}

// Dates without a zone make another plan in another zone. Each command says so, and none advises to move the journal.
func TestCampaign_OtherZone(t *testing.T) {
	w, dir := openWorld(t, 1000_00), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("amount,expires\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(zone, line string) (code int, said string) {
		t.Helper()
		cmd := w.vingd(t.Context(), dir, strings.Fields("campaign "+line)...)
		cmd.Env = append(cmd.Environ(), "TZ="+zone)
		output, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(output)
	}
	write("plain.csv", "1.00,30d\n2.00,2036-12-31T00:00:00Z\n")
	write("local.csv", "1.00,30d\n4.00,2036-12-31\n")
	for _, name := range []string{"plain.csv", "local.csv"} {
		if code, said := run("Europe/Ljubljana", "run --yes "+name); code != 0 {
			t.Fatal(said)
		}
	}
	const want = ": it belongs to another plan, or the plan was changed: it has 2 vouchers. Dates and times without a zone are read in the " +
		"time zone of this machine, now Asia/Tokyo. If the first run was in another one, run the command there, for example by TZ=Europe/Ljubljana\n"
	for _, line := range []string{"run --yes", "run --dry-run", "run --yes --adopt", "status", "check", "export", "sheet", "revoke --yes"} {
		if code, said := run("Asia/Tokyo", line+" plain.csv"); code != 0 {
			t.Errorf("%s: got %d, %s", line, code, said)
		}
		if code, said := run("Asia/Tokyo", line+" local.csv"); code != 1 || !strings.HasSuffix(said, want) {
			t.Errorf("%s: got %d, %s, want %s", line, code, said, want)
		}
		if code, said := run("Europe/Ljubljana", strings.Replace(line, "revoke --yes", "revoke --dry-run", 1)+" local.csv"); code != 0 {
			t.Errorf("%s: got %d, %s", line, code, said)
		}
	}
	write("plain.csv", "1.00,30d\n3.00,2036-12-31T00:00:00Z\n")
	if _, said := run("Asia/Tokyo", "status plain.csv"); !strings.HasSuffix(said, "it has 2 vouchers\n") {
		t.Errorf("got %s, want nothing of zones", said)
	}
}

// A page and its pictures are two files, and neither may be a journal, of whatever plan.
func TestSheet_Files(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"one.csv", "two.csv"} {
		b.write(name, "amount,to\n1.00,"+name+"\n")
		if r := b.run("campaign", "run", name, "--yes"); r.code != 0 {
			t.Fatal(r.stderr)
		}
	}
	if err := os.Symlink("two.csv.journal", "link.html"); err != nil {
		t.Fatal(err)
	}
	journal := string(must(os.ReadFile("two.csv.journal")))
	same := "must not be the file of --out"
	for line, says := range map[string]string{
		"campaign sheet one.csv --out a.html --zip ./a.html": same,
		"campaign sheet one.csv --zip one-sheet.html":        same,
		"vouchers sheet --out a.html --zip a.html":           same,
		"vouchers sheet --zip vouchers-sheet.html":           same,
		"campaign export one.csv --out two.csv.journal":      "must not be the journal of a plan",
		"campaign export one.csv --out new.csv.journal":      "must not be the journal of a plan",
		"campaign export one.csv --out link.html":            "must not be the journal of a plan",
		"campaign sheet one.csv --out two.csv.journal":       "must not be the journal of a plan",
		"campaign sheet one.csv --zip two.csv.journal":       "must not be the journal of a plan",
		"vouchers sheet --out two.csv.journal":               "must not be the journal of a plan",
		"vouchers sheet --zip two.csv.journal":               "must not be the journal of a plan",
		"campaign export one.csv --out one.csv":              "must not be one.csv or its journal",
	} {
		if r := b.run(strings.Fields(line)...); r.code != 2 || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: got %d, %s, want 2, %s", line, r.code, r.stderr, says)
		}
	}
	if string(must(os.ReadFile("two.csv.journal"))) != journal {
		t.Error("the journal of another plan was changed")
	}
	if files := must(filepath.Glob("*.html")); len(files) != 1 {
		t.Errorf("got the files %v, want no page", files)
	}
	if r := b.run("campaign", "sheet", "one.csv", "--zip", "one.zip"); r.code != 0 {
		t.Errorf("got %d, %s", r.code, r.stderr)
	}
}
