package broker

// Totals count all rows of each kind.
type Totals struct{ Accounts, Objects, Orders, Purchases, Vouchers, Transfers int }

// The ids of transfers run from 1 without a gap. SQLite counts the other rows in an index.
const selectTotals = `SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM objects), (SELECT COUNT(*) FROM orders),
	(SELECT COUNT(*) FROM purchases), (SELECT COUNT(*) FROM vouchers), (SELECT value FROM state WHERE name = 'transfer')`

// ViewTotals returns how many rows there are of each kind.
func (b *Broker) ViewTotals() (Totals, error) {
	return inStep(b, func(s *step) (t Totals, err error) {
		err = s.Get(selectTotals, nil, &t.Accounts, &t.Objects, &t.Orders, &t.Purchases, &t.Vouchers, &t.Transfers)
		return t, err
	})
}
