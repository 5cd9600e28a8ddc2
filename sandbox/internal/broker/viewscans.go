package broker

import (
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

func scanAccountView(row store.Row) (a AccountView, err error) {
	err = row.Scan(&a.UID, &a.Name, store.Zero(&a.Login), &a.Balance, store.Time(&a.Created))
	return a, err
}

func scanObjectView(row store.Row) (v ObjectView, err error) {
	v.Object, err = scanObject(widerRow{row, []any{&v.SellerName}})
	return v, err
}

func (s *step) scanOrderView(row store.Row) (v OrderView, err error) {
	v.Order, err = scanOrder(widerRow{row, []any{&v.Name, &v.URL, &v.SellerName}})
	v.Live = v.Order.Live(s.now)
	return v, err
}

func scanPurchaseView(row store.Row) (v PurchaseView, err error) {
	v.Purchase, err = scanPurchase(widerRow{row, []any{&v.BuyerName, &v.SellerName, store.Time(&v.Paid)}})
	v.Verified = v.verified > 0
	return v, err
}

func scanVoucherView(row store.Row) (v VoucherView, err error) {
	v.Voucher, err = scanVoucher(widerRow{row, []any{&v.SellerName, store.Zero(&v.RedeemerName)}})
	return v, err
}

func scanTransferView(row store.Row) (v TransferView, err error) {
	v.Transfer, err = ledger.ScanTransfer(widerRow{row, []any{store.Zero(&v.FromName), store.Zero(&v.ToName)}})
	v.FromName, v.ToName = ownName(v.From, v.FromName), ownName(v.To, v.ToName)
	return v, err
}

// ownName returns the name of one of the broker's own accounts, or name for any other account.
func ownName(uid vingd.UID, name string) string {
	switch uid {
	case Mint:
		return "the mint"
	case Reserve:
		return "the reserve"
	case Proxy:
		return "the broker"
	default:
		return name
	}
}

// A widerRow is a row with more columns than a scan function scans.
type widerRow struct {
	store.Row

	more []any
}

// Scan copies the columns of the scan function, and then the others.
func (r widerRow) Scan(into ...any) error { return r.Row.Scan(append(into, r.more...)...) }
