package broker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// Check returns an error unless the books are right:
//   - The database is whole, and the ledger balances.
//   - The reserve holds the money of open purchases and vouchers, and no more.
//   - Every reservation ended at most once, and in full.
//   - The voucher log agrees with the vouchers.
//   - Time never ran back.
//
// Other steps run at the same time. The error says whether the books are wrong or could not be checked. Check returns [ErrMoved] if
// the data file was replaced or renamed.
func (b *Broker) Check() error {
	err := b.db.View(check)
	if err == nil || errors.Is(err, ErrMoved) || errors.As(err, new(*unsound)) {
		return err
	}
	return &unsound{err}
}

// An unsound is why an audit did not find the books right.
type unsound struct{ err error }

// Error says whether the books are wrong or could not be checked.
func (u *unsound) Error() string {
	if errors.As(u.err, new(store.Fault)) {
		return "the books are wrong: " + u.err.Error()
	}
	return "the books could not be checked: " + u.err.Error()
}

// Unwrap returns what the audit found or could not do.
func (u *unsound) Unwrap() error { return u.err }

// CheckFile is [Broker.Check] of a data file, whether a broker has it open or not.
func CheckFile(path string) error { return store.View(path, check) }

// SaveFile copies the current content of a data file, whether a broker has it open or not, into a new file.
func SaveFile(path, to string) error { return store.Save(path, to) }

// RestoreFile replaces the content of the data file at path by that of a saved one. It returns [ErrInUse] if a broker has
// the file at path open.
func RestoreFile(path, from string) error { return store.Restore(from, path) }

func check(tx *store.Tx) error {
	if err := audit(tx); err != nil {
		return &unsound{err}
	}
	return nil
}

func audit(tx *store.Tx) error {
	if err := (ledger.Books{Tx: tx}).Check(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := store.Audit(tx, audits()); err != nil {
		return err
	}
	return store.Whole(tx)
}

// audits returns the queries in addition to those of the ledger. Each finds a line that describes a fault, or
// no row.
func audits() []string {
	return slices.Concat(existenceAudits(), reservationAudits(), voucherAudits(), timeAudits())
}

// existenceAudits find a file without accounts. cp makes such a copy of a file that a sandbox has open.
func existenceAudits() []string {
	return []string{"SELECT 'there is no account: to copy a data file, use vingd sandbox save' WHERE NOT EXISTS (SELECT 1 FROM users)"}
}

// claims are the transfers that purchases and vouchers refer to, each with the payer, payee and amount that it must have.
const claims = `(
	SELECT 'purchase ' || id AS claimant, transfer, buyer AS payer, 3 AS payee, price AS amount
		FROM purchases WHERE sold_by IS NOT NULL UNION ALL
	SELECT 'purchase ' || id, transfer, buyer, seller, price FROM purchases WHERE sold_by IS NULL UNION ALL
	SELECT 'purchase ' || id, COALESCE(ended, 0), 3, CASE state WHEN 'refunded' THEN buyer ELSE seller END, price
		FROM purchases WHERE sold_by IS NOT NULL AND state <> 'reserved' UNION ALL
	SELECT 'voucher ' || code, transfer, seller, 3, amount FROM vouchers UNION ALL
	SELECT 'voucher ' || code, COALESCE(ended, 0), 3, CASE state WHEN 'used' THEN redeemer ELSE seller END, amount
		FROM vouchers WHERE state <> 'open') AS claims`

// reservationAudits find faults of purchases, vouchers and the reserve.
func reservationAudits() []string {
	return []string{
		`SELECT 'purchase ' || id || ' has ' || entitled || ' entitlements left, and was verified ' || verified || ' times'
		FROM purchases
		WHERE entitled < 0 OR verified < 0 OR entitled + verified <> CASE WHEN sold_by IS NULL THEN 0 ELSE 1 END
		ORDER BY id LIMIT 1`,

		`SELECT 'purchase ' || id || ' is open, but transfer ' || ended || ' ended it'
		FROM purchases WHERE state = 'reserved' AND ended IS NOT NULL ORDER BY id LIMIT 1`,

		`SELECT 'voucher ' || code || ' is open, but transfer ' || ended || ' ended it'
		FROM vouchers WHERE state = 'open' AND ended IS NOT NULL ORDER BY id LIMIT 1`,

		`SELECT claimant || ': transfer ' || transfer || ' must move ' || claims.amount || ' cents from account ' || claims.payer ||
			' to ' || COALESCE(claims.payee, 0) || ', and moves ' || COALESCE(t.amount, 0) || ' from ' || COALESCE(t.payer, 0) ||
			' to ' || COALESCE(t.payee, 0)
		FROM ` + claims + ` LEFT JOIN transfers t ON t.id = claims.transfer
		WHERE t.id IS NULL OR t.amount <> claims.amount OR t.payer <> claims.payer OR t.payee <> COALESCE(claims.payee, 0)
		ORDER BY claims.transfer LIMIT 1`,

		`SELECT MAX(claimant) || ': transfer ' || transfer || ' already belongs to another'
		FROM ` + claims + ` GROUP BY transfer HAVING COUNT(*) > 1 ORDER BY transfer LIMIT 1`,

		`SELECT 'the reserve holds ' || balance || ' cents, open reservations are ' || held FROM (
			SELECT (SELECT balance FROM accounts WHERE uid = 3) AS balance,
				COALESCE((SELECT SUM(price) FROM purchases WHERE state = 'reserved'), 0) +
				COALESCE((SELECT SUM(amount) FROM vouchers WHERE state = 'open'), 0) AS held) AS reserve
		WHERE balance <> held`,

		`SELECT 'transfer ' || id || ' touches the reserve for no purchase and no voucher' FROM transfers
		WHERE (payer = 3 OR payee = 3) AND id NOT IN (SELECT transfer FROM ` + claims + `) ORDER BY id LIMIT 1`,
	}
}

// voucherAudits find faults of the voucher log.
func voucherAudits() []string {
	return []string{
		`SELECT 'voucher log entry ' || id || ': ' || action || ' cannot follow the entries before it' FROM (
			SELECT id, action, COUNT(*) OVER (PARTITION BY voucher ORDER BY id) AS place FROM voucher_log) AS places
		WHERE (action = 'add') <> (place = 1) OR place > 2 ORDER BY id LIMIT 1`,

		`SELECT 'voucher ' || v.code || ': the voucher log has a different voucher' FROM vouchers v
		LEFT JOIN voucher_log l ON l.id = (SELECT MAX(id) FROM voucher_log WHERE voucher = v.id)
		WHERE l.id IS NULL OR l.code <> v.code OR l.state <> v.state OR l.amount <> v.amount OR l.seller <> v.seller
			OR COALESCE(l.redeemer, 0) <> COALESCE(v.redeemer, 0) OR COALESCE(l.gid, '') <> COALESCE(v.gid, '')
			OR l.until <> v.until OR l.message <> v.message OR l.description <> v.description
			OR l.transfer <> v.transfer OR COALESCE(l.ended, 0) <> COALESCE(v.ended, 0)
			OR v.state <> CASE l.action WHEN 'add' THEN 'open' WHEN 'use' THEN 'used' WHEN 'revoke' THEN 'revoked' ELSE 'expired' END
		ORDER BY v.id LIMIT 1`,

		`SELECT 'user ' || redeemer || ' has redeemed ' || COUNT(*) || ' vouchers of group ' || gid FROM vouchers
		WHERE gid IS NOT NULL AND state = 'used' GROUP BY seller, gid, redeemer HAVING COUNT(*) > 1 LIMIT 1`,
	}
}

// timeAudits find rows that are older than the row before them, or newer than the latest step.
func timeAudits() []string {
	var audits []string
	for table, column := range map[string]string{"transfers": "at", "voucher_log": "at", "objects": "created", "orders": "created"} {
		audits = append(audits, "SELECT '"+table+" ' || id || ': the time is out of order' FROM (SELECT id, "+column+" AS at, LAG("+column+
			") OVER (ORDER BY id) AS before FROM "+table+") AS times WHERE at < before OR at > (SELECT value FROM state WHERE name = 'moment') ORDER BY id LIMIT 1")
	}
	return audits
}
