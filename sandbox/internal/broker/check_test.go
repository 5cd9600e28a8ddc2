package broker_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// forge runs a statement on a data file without the broker, and without the schema's checks and references.
func forge(t *testing.T, data, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+data+"?_pragma=ignore_check_constraints(1)&_pragma=foreign_keys(0)")
	if err != nil {
		t.Fatal(err)
	}
	result, err := db.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d rows forged, error %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Check finds each kind of fault in the books.
func TestCheck_ForgedBooks(t *testing.T) {
	const copied = "code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended"
	transfer := func(payer, payee string) string {
		return "INSERT INTO transfers VALUES (1000, 1, " + payer + ", " + payee + ", 0, 0, 0, '', 0, 0, '')"
	}
	tests := []struct {
		name  string
		wrong string
		want  string
	}{
		{"a forged balance", "UPDATE accounts SET balance = 0 WHERE uid = 4712", "account 4712 holds 0 cents, its transfers give 990"},
		{"a forged amount", "UPDATE transfers SET amount = amount + 1 WHERE payee = 4712", "account 2 holds -2000 cents, its transfers give -2001"},
		{"a missing transfer", "DELETE FROM transfers WHERE payee = 3", "its transfers give"},
		{"a transfer between missing accounts", transfer("4713", "4714"), "takes account 4713 below zero"},
		{"a transfer from the mint to no account", "UPDATE transfers SET payee = 4713 WHERE payee = 4711", "its transfers give"},
		{"a transfer of zero to no account", "INSERT INTO transfers VALUES (1000, 0, 2, 4714, 0, 0, 0, '', 0, 0, '')", "is not between two accounts"},
		{"a transfer to oneself", transfer("3", "3"), "is not between two accounts"},
		{"a transfer back and forth", "INSERT INTO transfers VALUES (1000, 1, 3, 4712, 0, 0, 0, '', 0, 0, ''), (1001, 1, 4712, 3, 0, 0, 0, '', 0, 0, '')",
			"transfer 1000 touches the reserve for no purchase and no voucher"},
		{"money before there was any", "UPDATE transfers SET id = 1000 WHERE payee = 4712 AND payer = 2", "takes account 4712 below zero"},
		{"an unknown purchase", "DELETE FROM purchases", "the reserve holds 15 cents, open reservations are 5"},
		{"overspent entitlements", "UPDATE purchases SET entitled = -1", "has -1 entitlements left"},
		{"one entitlement too many", "UPDATE purchases SET verified = 1", "and was verified 1 times"},
		{"another price", "UPDATE purchases SET price = price + 1", "must move 11 cents from account 4712 to 3, and moves 10"},
		{"another payer", "UPDATE purchases SET buyer = buyer + 1", "must move"},
		{"another transfer", "UPDATE purchases SET transfer = transfer + 1000", "must move"},
		{"commit without money", "UPDATE purchases SET state = 'committed'", "transfer 0 must move"},
		{"refund without money", "UPDATE purchases SET state = 'refunded'", "transfer 0 must move"},
		{"open and ended", "UPDATE purchases SET ended = 1", "is open, but transfer 1 ended it"},
		{"another's transfer", "UPDATE purchases SET transfer = (SELECT transfer FROM vouchers), price = 5, buyer = 4711", "already belongs to another"},
		{"another amount", "UPDATE vouchers SET amount = amount + 1", "must move"},
		{"a voucher open and ended", "UPDATE vouchers SET ended = 1", "is open, but transfer 1 ended it"},
		{"use without money", "UPDATE vouchers SET state = 'used'", "must move"},
		{"revocation without money", "UPDATE vouchers SET state = 'revoked'", "must move"},
		{"expiry without money", "UPDATE vouchers SET state = 'expired'", "must move"},
		{"a voucher unlike its log", "UPDATE vouchers SET message = 'another'", "the voucher log has a different voucher"},
		{"another action", "UPDATE voucher_log SET action = 'use'", "use cannot follow"},
		{"a missing log", "DELETE FROM voucher_log", "the voucher log has a different voucher"},
		{"a log with a later entry", "INSERT INTO voucher_log SELECT 1000, 'use', at, voucher, " + copied + " FROM voucher_log", "the voucher log has a different voucher"},
		{"a use before the add", "INSERT INTO voucher_log SELECT 0, 'use', at, voucher, " + copied + " FROM voucher_log", "cannot follow"},
	}
	for _, test := range endure.Part(tests, 10) {
		t.Run(test.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			s := newSceneIn(t, data)
			s.pay(t)
			s.voucher(t)
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			forge(t, data, test.wrong)
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// A failure to read the data file is not a fault of the books.
func TestCheck_Unreadable(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	b := newSceneIn(t, data)
	forge(t, data, "ALTER TABLE transfers RENAME COLUMN amount TO cents; UPDATE state SET value = value")
	for name, err := range map[string]error{"Check": b.Check(), "CheckFile": broker.CheckFile(data)} {
		if err == nil || !strings.Contains(err.Error(), "the books could not be checked: ") || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: got %v, want that the books could not be checked", name, err)
		}
	}
}
