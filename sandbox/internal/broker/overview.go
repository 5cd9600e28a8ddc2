package broker

import "github.com/vingd/vingd-api-go/sandbox/internal/store"

// An Overview holds the newest rows of each kind, newest first, and the number of all rows.
type Overview struct {
	Accounts  []AccountView
	Objects   []Object
	Orders    []OrderView
	Purchases []PurchaseView
	Vouchers  []VoucherView
	Transfers []TransferView
	Totals    Totals
}

// Totals are numbers of rows.
type Totals struct{ Accounts, Objects, Orders, Purchases, Vouchers, Transfers int }

// The ids of transfers run from 1 without a gap. SQLite counts the other rows in an index.
const selectTotals = `SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM objects), (SELECT COUNT(*) FROM orders),
	(SELECT COUNT(*) FROM purchases), (SELECT COUNT(*) FROM vouchers), (SELECT value FROM state WHERE name = 'transfer')`

// ViewOverview returns at most limit rows of each kind.
func (b *Broker) ViewOverview(limit int) (Overview, error) {
	return inStep(b, func(s *step) (o Overview, err error) {
		t := &o.Totals
		if err := s.Get(selectTotals, nil, &t.Accounts, &t.Objects, &t.Orders, &t.Purchases, &t.Vouchers, &t.Transfers); err != nil {
			return o, err
		}
		if o.Accounts, err = store.All(s.Tx, scanAccountView, newestAccounts, limit); err != nil {
			return o, err
		}
		if o.Objects, err = store.All(s.Tx, scanObject, newestObjects, limit); err != nil {
			return o, err
		}
		if o.Orders, err = store.All(s.Tx, s.scanOrderView, newestOrders, limit); err != nil {
			return o, err
		}
		if o.Purchases, err = store.All(s.Tx, scanPurchaseView, newestPurchases, limit); err != nil {
			return o, err
		}
		if o.Vouchers, err = store.All(s.Tx, scanVoucherView, newestVouchers, limit); err != nil {
			return o, err
		}
		o.Transfers, err = store.All(s.Tx, scanTransferView, newestTransfers, limit)
		return o, err
	})
}
