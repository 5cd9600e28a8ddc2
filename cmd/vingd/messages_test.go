package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
)

// A command says what is wrong, or what it is about to do, with the names and amounts that it has to do with.
func TestMessages(t *testing.T) {
	const account = ",\nwith account test@vingd.com (uid 4711) at $endpoint.\n"
	const dryRun = account + "Nothing was done (--dry-run)."
	cases := []struct {
		line string
		code int
		want string
	}{
		{"objects get x", 2, `object "x": must be a number of 1 or more (see vingd objects get --help)`},
		{"objects update 0 --name N", 2, `object "0": must be a number of 1 or more (see vingd objects update --help)`},
		{"objects update 1", 2, `required flag --name not set, nor --url (see vingd objects update --help)`},
		{"objects create --url https://shop.example", 2, `required flag --name not set (see vingd objects create --help)`},
		{"objects create --name N", 2, `required flag --url not set (see vingd objects create --help)`},
		{"objects ensure --url https://shop.example", 2, `required flag --name not set (see vingd objects ensure --help)`},
		{"objects ensure --name N", 2, `required flag --url not set (see vingd objects ensure --help)`},
		{"objects create --name N --url https://shop.example/n --dry-run", 0, `Register an object, "N", at https://shop.example/n` + dryRun},
		{"objects ensure --name N --url https://shop.example/n --dry-run", 0, `Register an object, "N", at https://shop.example/n` + dryRun},
		{"objects update $object --name N --dry-run", 0, `Change object $object from "Article object", at https://shop.example/object, to "N", at https://shop.example/object` + dryRun},
		{"objects ensure --name N --url https://shop.example/$named --dry-run", 0,
			`Change object 1 from "Article named", at https://shop.example/named, to "N", at https://shop.example/named` + dryRun},
		{"orders get x", 2, `order "x": must be a number of 1 or more (see vingd orders get --help)`},
		{"orders list --object -1", 2, `--object -1: must be a number of 1 or more (see vingd orders list --help)`},
		{"orders create x 1", 2, `object "x": must be a number of 1 or more (see vingd orders create --help)`},
		{"orders create 1 0", 2, `price "0": must be an amount above zero, like 2.50 (see vingd orders create --help)`},
		{"orders create $object 2.00 --dry-run", 0, `Offer object $object for 2.00` + dryRun},
		{"vouchers create 0", 2, `amount "0": must be an amount above zero, like 2.50 (see vingd vouchers create --help)`},
		{"vouchers create 5.00 --dry-run", 0, `Make a voucher of 5.00, valid for 7 days` + dryRun},
		{"vouchers create 5.00 --expires 2036-12-31T12:00:00Z --message Hi --group spring --dry-run", 0,
			`Make a voucher of 5.00, valid until ` + time.Date(2036, 12, 31, 12, 0, 0, 0, time.UTC).Local().Format("2006-01-02 15:04 MST") +
				`, with the message "Hi", in group "spring"` + dryRun},
		{"vouchers qr $voucher --out code.gif", 2, `--out "code.gif": must end in .png or .svg (see vingd vouchers qr --help)`},
		{"vouchers sheet --group nothing", 5, `vouchers to print: not found`},
		{"vouchers sheet --group $grouped --out page.html", 0, `1 voucher is in page.html. Open it in a browser, and print it.`},
		{"vouchers sheet --in nosuch.csv", 5, `open nosuch.csv: no such file or directory`},
		{"vouchers revoke", 2, `a code or a filter is required, or --all (see vingd vouchers revoke --help)`},
		{"vouchers revoke --all --group g", 2, `--all: must be without a code and without filters (see vingd vouchers revoke --help)`},
		{"vouchers revoke AAA --all", 2, `--all: must be without a code and without filters (see vingd vouchers revoke --help)`},
		{"vouchers revoke --first 1", 2, `unknown flag: --first (see vingd vouchers revoke --help)`},
		{"vouchers revoke --last 1", 2, `unknown flag: --last (see vingd vouchers revoke --help)`},
		{"vouchers revoke --group nothing --yes", 5, `unused vouchers of this filter: not found`},
		{"vouchers revoke --group $grouped --dry-run", 0, `Revoke 1 unused voucher, of 5.00 in all` + dryRun},
		{"vouchers revoke --group $grouped --expect 1 --dry-run", 0, `Revoke 1 unused voucher, of 5.00 in all` + dryRun},
		{"vouchers revoke --group $grouped --expect 0 --yes", 1, `--expect 0: there are 1; nothing was done`},
		{"vouchers revoke --all --yes --expect 5$one", 1, `--expect 51: there are 1; nothing was done`},
		{"vouchers revoke --all --dry-run --expect 0$one", 0, `Revoke 1 unused voucher, of 5.00 in all` + dryRun},
		{"campaign run new.csv --count 0 --amount 1.00", 2, `--count 0: must be 1 or more (see vingd campaign run --help)`},
		{"campaign run new.csv --count 1", 2, `--amount "": must be an amount above zero, like 2.50 (see vingd campaign run --help)`},
		{"campaign run new.csv --amount 1.00", 2, `--count 0: must be 1 or more (see vingd campaign run --help)`},
		{"campaign run new.csv --count 1 --amount 1.00 --dry-run", 0, `Make 1 voucher of 1.00 in all` + dryRun},
		{"campaign run $plan --yes", 0, `Make 1 voucher of 1.00 in all` + account + `Get the codes by: vingd campaign export plan.csv`},
		{"campaign run $begun", 0, `plan.csv: 1 of 1 rows are done.
Get the codes by: vingd campaign export plan.csv`},
		{"campaign status $plan", 5, `plan.csv: was not run yet`},
		{"campaign export $plan", 5, `plan.csv: was not run yet`},
		{"campaign status nosuch.csv", 5, `open nosuch.csv: no such file or directory`},
		{"rewards pay nosuch.csv --yes", 5, `open nosuch.csv: no such file or directory`},
		{"campaign export $begun", 0, `1 voucher is in plan-codes.csv.`},
		{"campaign export $begun --out plan.csv", 2, `--out plan.csv: must not be plan.csv or its journal (see vingd campaign export --help)`},
		{"campaign sheet $begun --out plan.csv.journal", 2, `--out plan.csv.journal: must not be plan.csv or its journal (see vingd campaign sheet --help)`},
		{"campaign sheet $begun --zip plan.csv", 2, `--zip plan.csv: must not be plan.csv or its journal (see vingd campaign sheet --help)`},
		{"campaign sheet $begun", 0, `1 voucher is in plan-sheet.html. Open it in a browser, and print it.`},
		{"campaign revoke $begun --dry-run", 0, `Revoke 1 unused voucher of plan.csv, of 1.00 in all` + dryRun},
		{"rewards give $user 0 --reference r", 2, `amount "0": must be an amount above zero, like 2.50 (see vingd rewards give --help)`},
		{"rewards give $user 1 --yes", 2, `required flag --reference not set (see vingd rewards give --help)`},
		{"rewards give $user 5.00 --reference r --dry-run", 0, `Give 5.00 to user $user, as "r"` + dryRun},
		{"rewards pay $payroll --dry-run", 0, `Give 1 reward of 1.00 in all` + dryRun},
		{"rewards pay $payroll --yes", 0, `Give 1 reward of 1.00 in all` + account + `See what was paid by: vingd rewards status payroll.csv`},
		{"rewards status $payroll", 5, `payroll.csv: was not run yet`},
		{"purchases commit x 1", 2, `purchase "x": must be a number of 1 or more (see vingd purchases commit --help)`},
		{"purchases commit 1 x", 2, `transfer "x": must be a number of 1 or more (see vingd purchases commit --help)`},
		{"purchases charge x a 1", 2, `object "x": must be a number of 1 or more (see vingd purchases charge --help)`},
		{"purchases charge 1 a 0", 2, `price "0": must be an amount above zero, like 2.50 (see vingd purchases charge --help)`},
		{"purchases charge $object $rich 2.00 --dry-run", 0, `Charge user $rich 2.00 for object $object` + dryRun},
		{"users create --dry-run", 0, `Make an account for a user` + dryRun},
		{"transfers list --from x", 2, `--from "x": must be a number of 1 or more (see vingd transfers list --help)`},
		{"transfers list --follow --every 99ms", 2, `--every 99ms: must be 100ms or more (see vingd transfers list --help)`},
		{"request GET fort/accounts --input -", 2, `--input -: must be JSON (see vingd request --help)`},
		{"request POST registry/objects/ --input body.json --dry-run", 0, `POST registry/objects/, with a body of 67 bytes` + dryRun},
		{"request GET fort/accounts --dry-run", 0, `GET fort/accounts, with a body of 0 bytes` + dryRun},
		{"pay x --as Ann", 2, `order "x": must be a number of 1 or more (see vingd pay --help)`},
		{"pay 1", 2, `required flag --as not set (see vingd pay --help)`},
		{"redeem AAA", 2, `required flag --as not set (see vingd redeem --help)`},
		{"redeem $voucher --as Ann", 0, `Ann is new, and has 100.00.`},
		{"profile add shop", 2, `required flag --username not set, nor --key (see vingd profile add --help)`},
		{"profile add shop --username u --password-stdin", 2, `password: must not be empty (see vingd profile add --help)`},
		{"profile add shop --username u --key k", 2, `--username, --key: mutually exclusive (see vingd profile add --help)`},
		{"profile add shop --key k --sandbox --endpoint https://x.example", 2, `--sandbox, --endpoint: mutually exclusive (see vingd profile add --help)`},
		{"profile add shop --key k --sandbox --frontend https://x.example", 2, `--sandbox, --frontend: mutually exclusive (see vingd profile add --help)`},
		{"objects list --first 1 --last 1", 2, `--first, --last: mutually exclusive (see vingd objects list --help)`},
		{"transfers list --first 1 --last 1", 2, `--first, --last: mutually exclusive (see vingd transfers list --help)`},
		{"vouchers list --first 1 --last 1", 2, `--first, --last: mutually exclusive (see vingd vouchers list --help)`},
		{"profile use shop", 5, `profile "shop": is not known; vingd profile list names all`},
	}
	for _, c := range endure.Part(cases, 40) {
		t.Run(c.line, func(t *testing.T) {
			b := newBench(t)
			b.made["endpoint"] = b.endpoint()
			r := b.run(b.words(c.line)...)
			want := os.Expand(c.want, func(name string) string { return b.made[name] }) + "\n"
			if c.code != 0 {
				want = "vingd: " + want
			}
			if r.code != c.code || r.stderr != want {
				t.Errorf("got %d, %q\nwant %d, %q", r.code, r.stderr, c.code, want)
			}
		})
	}
}

// The body of a request has 4 MiB at most.
func TestMessages_LongBody(t *testing.T) {
	b := newBench(t)
	for size, want := range map[int]string{4 << 20: "404", 4<<20 + 1: "vingd: --input -: must be at most 4194304 bytes (see vingd request --help)\n"} {
		r := b.runStdin(`"`+strings.Repeat("x", size-2)+`"`, "request", "GET", "registry/objects/999", "--input", "-")
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%d bytes: got %d, %s, want %s", size, r.code, r.stderr, want)
		}
	}
}
