package broker_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// newBooks returns a broker's data file and its Check. The file has rows of each kind. Among them are two open purchases, an
// open voucher, a revoked voucher, and two redeemed vouchers of different groups.
func newBooks(t *testing.T) (data string, check func() error) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	s := newSceneIn(t, data)
	s.pay(t)
	s.pay(t)
	_, err := s.CreateObject(s.seller, broker.Description{Name: "y", URL: "http://localhost/"})
	if err == nil {
		_, err = s.CreateOrder(s.seller, s.object, broker.NewOrder{Price: 1})
	}
	revoked := s.voucher(t)
	if err == nil {
		_, err = s.RevokeOne(s.seller, revoked.Code, broker.VoucherFilter{})
	}
	for _, group := range []string{"a", "b"} {
		v, made := s.CreateVoucher(s.seller, broker.NewVoucher{Amount: 7, Group: vingd.GroupID(group), Until: new(s.Now().Add(time.Hour))})
		_, redeemed := s.Redeem(s.buyer, v.Code)
		err = errors.Join(err, made, redeemed)
	}
	s.voucher(t)
	if err := errors.Join(err, s.Check()); err != nil {
		t.Fatal(err)
	}
	return data, s.Check
}

// For each claim of the audits the test forges books that break that claim and no other. Each audit finds such books.
func TestAudits_ForgedBooks(t *testing.T) {
	audits := slices.Concat(ledger.Audits(), broker.Audits())
	const (
		moment    = "(SELECT value FROM state WHERE name = 'moment')"
		transfer  = "INSERT INTO transfers (id, amount, payer, payee, at, class, object, name, purchase, voucher, message) VALUES "
		rest      = ", " + moment + ", 0, 0, '', 0, 0, '')"
		open      = "(SELECT MAX(id) FROM vouchers)"
		gone      = "(SELECT id FROM vouchers WHERE state = 'revoked')"
		last      = "(SELECT MAX(id) FROM voucher_log WHERE voucher = " + open + ")"
		first     = "(SELECT MIN(id) FROM purchases)"
		second    = "(SELECT MAX(id) FROM purchases)"
		purchase  = "INSERT INTO purchases (id, state, object, name, seller, buyer, price, transfer, ended, sold_by, token, entitled, verified) SELECT "
		delegated = "'committed', object, name, seller, buyer, 0, 1000, NULL, NULL, NULL, 1, 0 FROM purchases WHERE id = " + first
		logged    = "code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended FROM "
	)
	// voucher returns a voucher of zero cents with its log.
	voucher := func(state, action, redeemer, ended string) string {
		made := "; INSERT INTO vouchers (id, code, state, amount, seller, redeemer, until, message, description, transfer, ended, due) VALUES (1000, 'X', '" +
			state + "', 0, 4711, " + redeemer + ", 0, '', '', 1000, " + ended + ", 0)" +
			"; INSERT INTO voucher_log SELECT 1000, 'add', " + moment + ", id, " + logged + "vouchers WHERE id = 1000"
		if action == "add" {
			return made
		}
		return made + "; INSERT INTO voucher_log SELECT 1001, '" + action + "', " + moment + ", id, " + logged + "vouchers WHERE id = 1000"
	}
	books := []struct{ claim, forged, want string }{
		{"a balance is the sum of its transfers", "UPDATE accounts SET balance = balance + CASE uid WHEN 4712 THEN 1 ELSE -1 END WHERE uid IN (4711, 4712)", "its transfers give"},
		{"no buyer was ever below zero", transfer + "(1000, 5000, 4712, 4711" + rest + ", (1001, 5000, 4711, 4712" + rest, "takes account 4712 below zero"},
		{"the reserve was never below zero", transfer + "(1000, 500, 3, 4711" + rest + ", (1001, 500, 4711, 3" + rest +
			"; INSERT INTO vouchers (id, code, state, amount, seller, until, message, description, transfer, ended, due) VALUES (1000, 'X', 'revoked', 500, 4711, 0, '', '', 1001, 1000, 0)" +
			"; INSERT INTO voucher_log SELECT 1000, 'add', " + moment + ", id, " + logged + "vouchers WHERE id = 1000" +
			"; INSERT INTO voucher_log SELECT 1001, 'revoke', " + moment + ", id, " + logged + "vouchers WHERE id = 1000", "takes account 3 below zero"},
		{"a transfer has two accounts", transfer + "(1000, 0, 4712, 4712" + rest, "is not between two accounts"},
		{"its payer exists", transfer + "(1000, 0, 9999, 4712" + rest, "is not between two accounts"},
		{"its payee exists", transfer + "(1000, 0, 4712, 9999" + rest, "is not between two accounts"},
		{"no amount is below zero", transfer + "(1000, -5, 4712, 4711" + rest + ", (1001, 5, 4712, 4711" + rest, "moves -5 cents"},
		{"there is an account", "DELETE FROM users", "there is no account"},
		{"no entitlement is below zero", "UPDATE purchases SET entitled = -1, verified = 2 WHERE id = " + first, "has -1 entitlements"},
		{"no verification is below zero", "UPDATE purchases SET entitled = 2, verified = -1 WHERE id = " + first, "was verified -1 times"},
		{"entitlements and verifications add up", "UPDATE purchases SET verified = 1 WHERE id = " + first, "and was verified 1 times"},
		{"a delegated purchase has no entitlement", transfer + "(1000, 0, 4712, 4711" + rest + "; " + purchase + "1000, " + delegated, "purchase 1000 has 1 entitlements"},
		{"a delegated purchase pays the seller", transfer + "(1000, 0, 4711, 4712" + rest + "; " + purchase + "1000, " + strings.Replace(delegated, "1, 0", "0, 0", 1), "must move 0 cents from account 4712 to 4711"},
		{"the reserve gets the price", transfer + "(1000, 0, 4712, 4711" + rest + "; " + purchase + "1000, 'reserved', object, name, seller, buyer, 0, 1000, NULL, sold_by, 'x', 1, 0 FROM purchases WHERE id = " + first,
			"must move 0 cents from account 4712 to 3, and moves 0 from 4712 to 4711"},
		{"the reserve gets the amount of a voucher", transfer + "(1000, 0, 4711, 4712" + rest + voucher("open", "add", "NULL", "NULL"), "voucher X: transfer 1000 must move 0 cents from account 4711 to 3"},
		{"the redeemer gets the amount of a voucher", transfer + "(1000, 0, 4711, 3" + rest + ", (1001, 0, 3, 4711" + rest + voucher("used", "use", "4712", "1001"), "voucher X: transfer 1001 must move 0 cents from account 3 to 4712"},
		{"the seller gets the amount of a revoked voucher", transfer + "(1000, 0, 4711, 3" + rest + ", (1001, 0, 3, 4712" + rest + voucher("revoked", "revoke", "NULL", "1001"), "voucher X: transfer 1001 must move 0 cents from account 3 to 4711"},
		{"the seller gets the amount of an expired voucher", transfer + "(1000, 0, 4711, 3" + rest + ", (1001, 0, 3, 4712" + rest + voucher("expired", "expire", "NULL", "1001"), "voucher X: transfer 1001 must move 0 cents from account 3 to 4711"},
		{"a transfer moves the amount of a voucher", "UPDATE vouchers SET amount = 6 WHERE id = " + gone + "; UPDATE voucher_log SET amount = 6 WHERE voucher = " + gone, "must move 6 cents"},
		{"an add comes first", "DROP INDEX voucher_log_voucher; INSERT INTO voucher_log SELECT 1000, 'add', " + moment + ", voucher, " + logged + "voucher_log WHERE id = " + last, "add cannot follow"},
		{"an open purchase has no end", "UPDATE purchases SET ended = 1 WHERE id = " + first, "is open, but transfer 1 ended it"},
		{"an open voucher has no end", "UPDATE vouchers SET ended = 1 WHERE id = " + open + "; UPDATE voucher_log SET ended = 1 WHERE id = " + last, "is open, but transfer 1 ended it"},
		{"a transfer moves the price", "UPDATE purchases SET price = price + CASE id WHEN " + first + " THEN 1 ELSE -1 END", "must move 11 cents"},
		{"the buyer pays", "UPDATE purchases SET buyer = 4711 WHERE id = " + first, "must move 10 cents from account 4711 to 3"},
		{"the seller is paid", transfer + "(1000, 10, 3, 4712" + rest + "; UPDATE accounts SET balance = balance + CASE uid WHEN 3 THEN -10 ELSE 10 END WHERE uid IN (3, 4712)" +
			"; UPDATE purchases SET state = 'committed', ended = 1000 WHERE id = " + first, "to 4711, and moves 10 from 3 to 4712"},
		{"the buyer is refunded", transfer + "(1000, 10, 3, 4711" + rest + "; UPDATE accounts SET balance = balance + CASE uid WHEN 3 THEN -10 ELSE 10 END WHERE uid IN (3, 4711)" +
			"; UPDATE purchases SET state = 'refunded', ended = 1000 WHERE id = " + first, "to 4712, and moves 10 from 3 to 4711"},
		{"an end is a transfer", transfer + "(1000, 0, 4712, 3" + rest + "; " + purchase + "1000, 'refunded', object, name, seller, buyer, 0, 1000, 9999, sold_by, 'x', 1, 0 FROM purchases WHERE id = " + first,
			"transfer 9999 must move 0 cents"},
		{"a transfer is of one purchase", transfer + "(1000, 0, 4712, 3" + rest + "; " + purchase + "1000, 'reserved', object, name, seller, buyer, 0, 1000, NULL, sold_by, 'x', 1, 0 FROM purchases WHERE id = " + first +
			"; " + purchase + "1001, 'reserved', object, name, seller, buyer, 0, 1000, NULL, sold_by, 'y', 1, 0 FROM purchases WHERE id = " + first, "already belongs to another"},
		{"the reserve holds open reservations", transfer + "(1000, 0, 4712, 4711" + rest + "; UPDATE accounts SET balance = balance WHERE uid = 3; " +
			transfer + "(1001, 9, 4712, 4711" + rest + "; UPDATE accounts SET balance = balance + CASE uid WHEN 4712 THEN -9 ELSE 9 END WHERE uid IN (4711, 4712); " +
			purchase + "1000, 'reserved', object, name, seller, buyer, 9, 1001, NULL, NULL, NULL, 0, 0 FROM purchases WHERE id = " + first, "open reservations are"},
		{"money enters the reserve for a reservation", transfer + "(1000, 0, 4712, 3" + rest, "touches the reserve for no purchase"},
		{"money leaves the reserve for a reservation", transfer + "(1000, 0, 3, 4712" + rest, "touches the reserve for no purchase"},
		{"a log begins with add", "INSERT INTO voucher_log SELECT 0, 'use', at, voucher, " + logged + "voucher_log WHERE id = " + last, "cannot follow"},
		{"a log has one end", "DROP INDEX voucher_log_voucher; INSERT INTO voucher_log SELECT 1000, 'revoke', " + moment + ", voucher, " + logged + "voucher_log WHERE id = (SELECT MAX(id) FROM voucher_log WHERE voucher = " + gone + ")", "cannot follow"},
		{"a voucher has a log", "DELETE FROM voucher_log WHERE voucher = " + open, "the voucher log has a different voucher"},
		{"the last action makes the state", "UPDATE voucher_log SET action = 'expire' WHERE action = 'revoke'", "the voucher log has a different voucher"},
		{"a user redeems one voucher of a group", "DROP INDEX vouchers_redeemed; UPDATE vouchers SET gid = 'a' WHERE gid = 'b'; UPDATE voucher_log SET gid = 'a' WHERE gid = 'b'", "vouchers of group a"},
	}
	for column, value := range map[string]string{
		"code": "'X'", "state": "'used'", "amount": "6", "seller": "4712", "redeemer": "4712", "gid": "'x'", "until": "1", "message": "'x'",
		"description": "'x'", "transfer": "1", "ended": "1",
	} {
		books = append(books, struct{ claim, forged, want string }{"the log has the voucher's " + column, "UPDATE voucher_log SET " + column + " = " + value + " WHERE id = " + last, "the voucher log has a different voucher"})
	}
	for table, column := range map[string]string{"transfers": "at", "voucher_log": "at", "objects": "created", "orders": "created"} {
		for claim, value := range map[string]string{"never runs back": "0", "has come": moment + " + 1"} {
			books = append(books, struct{ claim, forged, want string }{"the time of " + table + " " + claim,
				"UPDATE " + table + " SET " + column + " = " + value + " WHERE id = (SELECT MAX(id) FROM " + table + ")", "the time is out of order"})
		}
	}
	broken := make([]int, len(audits))
	for _, b := range books {
		t.Run(b.claim, func(t *testing.T) {
			data, check := newBooks(t)
			forge(t, data, b.forged)
			var found []string
			for i, line := range find(t, data, audits) {
				if line != "" {
					found = append(found, line)
					broken[i]++
				}
			}
			if len(found) != 1 || !strings.Contains(found[0], b.want) {
				t.Errorf("the audits find %q, want one line with %q", found, b.want)
			}
			if err := check(); err == nil || !strings.Contains(err.Error(), b.want) {
				t.Errorf("got %v, want an error with %q", err, b.want)
			}
		})
	}
	for i, n := range broken {
		if n == 0 {
			t.Errorf("no forged books break the audit\n%s", audits[i])
		}
	}
}

// find returns the line that each audit finds, or "".
func find(t *testing.T, data string, audits []string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+data+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, len(audits))
	for i, audit := range audits {
		if err := db.QueryRowContext(t.Context(), audit).Scan(&found[i]); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatalf("%v: %s", err, audit)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return found
}
