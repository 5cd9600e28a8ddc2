package ledger

import "github.com/vingd/vingd-api-go/sandbox/internal/store"

// Audits returns queries that each find a line of what is wrong, or nothing. No query adds up the
// balances: the sum is 0 if each balance is that of its transfers, and each transfer has two accounts.
func Audits() []string {
	return []string{
		`SELECT 'account ' || uid || ' holds ' || balance || ' cents, its transfers give ' || replayed FROM (
			SELECT uid, balance,
				COALESCE((SELECT SUM(amount) FROM transfers WHERE payee = uid), 0) -
				COALESCE((SELECT SUM(amount) FROM transfers WHERE payer = uid), 0) AS replayed
			FROM accounts) AS replay
		WHERE balance <> replayed ORDER BY uid LIMIT 1`,

		`SELECT 'transfer ' || id || ' takes account ' || uid || ' below zero' FROM (
			SELECT id, uid, SUM(change) OVER (PARTITION BY uid ORDER BY id) AS held FROM (
				SELECT id, payee AS uid, amount AS change FROM transfers UNION ALL
				SELECT id, payer, -amount FROM transfers) AS changes
			WHERE uid <> 2) AS replay
		WHERE held < 0 ORDER BY id LIMIT 1`,

		`SELECT 'transfer ' || id || ' is not between two accounts' FROM transfers
		WHERE payer = payee OR payer NOT IN (SELECT uid FROM accounts) OR payee NOT IN (SELECT uid FROM accounts)
		ORDER BY id LIMIT 1`,

		`SELECT 'transfer ' || id || ' moves ' || amount || ' cents' FROM transfers WHERE amount < 0 ORDER BY id LIMIT 1`,
	}
}

// Check returns an error unless the books balance:
//   - The transfers of each account, replayed, give its balance.
//   - No account but the mint is or was below zero.
//   - Each transfer moves an amount of zero or more between two accounts.
func (b Books) Check() error {
	return store.Audit(b.Tx, Audits())
}
