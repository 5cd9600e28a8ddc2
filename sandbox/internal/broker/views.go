package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// The views are for the sandbox's pages. They take no caller: a page shows the whole sandbox to everyone who opens it.

// An AccountView is an account of a person or a company.
type AccountView struct {
	UID     vingd.UID
	Name    string
	Login   string // empty if the account cannot call the API
	Balance vingd.Cents
	Created time.Time
}

// An OrderView is an order, with its object and the seller's name.
type OrderView struct {
	Order

	Name       string // of the object
	URL        string // of the object
	SellerName string
	Live       bool
}

// A PurchaseView is a purchase, with the buyer's name and the time of payment.
type PurchaseView struct {
	Purchase

	BuyerName string
	Paid      time.Time
	Verified  bool
}

// A VoucherView is a voucher, with the names of the seller and of the user who redeemed it.
type VoucherView struct {
	Voucher

	SellerName   string
	RedeemerName string
}

// A TransferView is a transfer, with the names of its accounts.
type TransferView struct {
	ledger.Transfer

	FromName, ToName string
}

// The queries look up the names for a row by its ids, so that a list reads only the rows that it returns.
const (
	accountViewColumns = "uid, name, login, (SELECT balance FROM accounts WHERE accounts.uid = users.uid), created"
	selectBuyer        = "SELECT " + accountViewColumns + " FROM users WHERE uid = $1 AND login IS NULL"
	// digest is null if and only if login is. With login, SQLite would use its index, and read and sort all buyers.
	newestBuyers   = "SELECT " + accountViewColumns + " FROM users WHERE digest IS NULL ORDER BY uid DESC LIMIT $1"
	findBuyer      = "SELECT " + accountViewColumns + " FROM users WHERE digest IS NULL AND name = $1 ORDER BY uid DESC LIMIT 1"
	newestAccounts = "SELECT " + accountViewColumns + " FROM users ORDER BY uid DESC LIMIT $1"

	newestObjects = "SELECT " + objectColumns + " FROM objects ORDER BY id DESC LIMIT $1"

	orderViewColumns = orderColumns + `,
		(SELECT name FROM objects WHERE objects.id = orders.object),
		(SELECT url FROM objects WHERE objects.id = orders.object),
		(SELECT name FROM users WHERE users.uid = orders.seller)`
	selectOrderView = "SELECT " + orderViewColumns + " FROM orders WHERE id = $1"
	newestOrders    = "SELECT " + orderViewColumns + " FROM orders ORDER BY id DESC LIMIT $1"

	newestPurchases = "SELECT " + purchaseColumns + `,
		(SELECT users.name FROM users WHERE users.uid = purchases.buyer),
		(SELECT at FROM transfers WHERE transfers.id = purchases.transfer)
		FROM purchases ORDER BY id DESC LIMIT $1`

	voucherViewColumns = voucherColumns + `,
		(SELECT name FROM users WHERE users.uid = vouchers.seller),
		(SELECT name FROM users WHERE users.uid = vouchers.redeemer)`
	selectCodeView = "SELECT " + voucherViewColumns + " FROM vouchers WHERE code = $1"
	newestVouchers = "SELECT " + voucherViewColumns + " FROM vouchers ORDER BY id DESC LIMIT $1"

	newestTransfers = "SELECT " + ledger.TransferColumns + `,
		(SELECT users.name FROM users WHERE users.uid = transfers.payer),
		(SELECT users.name FROM users WHERE users.uid = transfers.payee)
		FROM transfers ORDER BY id DESC LIMIT $1`
)

// ViewOrder returns an order of any seller's, live or expired.
func (b *Broker) ViewOrder(id vingd.OrderID) (OrderView, error) {
	return inStep(b, func(s *step) (OrderView, error) {
		o, ok, err := store.Find(s.Tx, s.scanOrderView, selectOrderView, id)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no order %d", id)
		}
		return o, err
	})
}

// ViewVoucher returns a voucher of any seller's, in any state. It ignores case, and everything but letters and digits, in
// the code.
func (b *Broker) ViewVoucher(written vingd.VoucherCode) (VoucherView, error) {
	return inStep(b, func(s *step) (VoucherView, error) {
		code, ok := readCode(written)
		if !ok {
			return VoucherView{}, refuse(ErrInvalid, "voucher code %q: is mistyped", string(written))
		}
		v, ok, err := store.Find(s.Tx, scanVoucherView, selectCodeView, code)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no voucher %s", code)
		}
		return v, err
	})
}

// ViewBuyer returns the account of a person without a login.
func (b *Broker) ViewBuyer(uid vingd.UID) (AccountView, error) {
	return inStep(b, func(s *step) (AccountView, error) {
		a, ok, err := store.Find(s.Tx, scanAccountView, selectBuyer, uid)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no buyer with account %d", uid)
		}
		return a, err
	})
}

// FindBuyer returns the newest account with this name and without a login.
func (b *Broker) FindBuyer(name string) (AccountView, error) {
	return inStep(b, func(s *step) (AccountView, error) {
		a, ok, err := store.Find(s.Tx, scanAccountView, findBuyer, name)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no buyer %q", name)
		}
		return a, err
	})
}

// ViewBuyers returns the accounts of people without a login, newest first, at most limit.
func (b *Broker) ViewBuyers(limit int) ([]AccountView, error) {
	return inStep(b, func(s *step) ([]AccountView, error) {
		return store.All(s.Tx, scanAccountView, newestBuyers, limit)
	})
}

func scanAccountView(row store.Row) (a AccountView, err error) {
	err = row.Scan(&a.UID, &a.Name, store.Zero(&a.Login), &a.Balance, store.Time(&a.Created))
	return a, err
}

func (s *step) scanOrderView(row store.Row) (v OrderView, err error) {
	v.Order, err = scanOrder(widerRow{row, []any{&v.Name, &v.URL, &v.SellerName}})
	v.Live = v.Order.Live(s.now)
	return v, err
}

func scanPurchaseView(row store.Row) (v PurchaseView, err error) {
	v.Purchase, err = scanPurchase(widerRow{row, []any{&v.BuyerName, store.Time(&v.Paid)}})
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
