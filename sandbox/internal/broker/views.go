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

// An ObjectView is an object, with the name of its seller.
type ObjectView struct {
	Object

	SellerName string
}

// An OrderView is an order, with its object and the seller's name.
type OrderView struct {
	Order

	Name       string // of the object
	URL        string // of the object
	SellerName string
	Live       bool
}

// A PurchaseView is a purchase, with the names of the buyer and the seller and the time of payment.
type PurchaseView struct {
	Purchase

	BuyerName  string
	SellerName string
	Paid       time.Time
	Verified   bool
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

// The queries look up the names for a row by its ids.
const (
	accountViewColumns = "uid, name, login, (SELECT balance FROM accounts WHERE accounts.uid = users.uid), created"
	findBuyer          = "SELECT " + accountViewColumns + " FROM users WHERE digest IS NULL AND name = $1 ORDER BY uid DESC LIMIT 1"
	// The purchases of pages have a token. A delegated purchase has none.
	selectLastPayer = "SELECT buyer FROM (SELECT id, buyer, token FROM purchases ORDER BY id DESC LIMIT 4096) WHERE token IS NOT NULL ORDER BY id DESC LIMIT 1"

	orderObjectName    = "(SELECT objects.name FROM objects WHERE objects.id = orders.object)"
	purchaseBuyerName  = "(SELECT users.name FROM users WHERE users.uid = purchases.buyer)"
	voucherSellerName  = "(SELECT users.name FROM users WHERE users.uid = vouchers.seller)"
	voucherRedeemer    = "(SELECT users.name FROM users WHERE users.uid = vouchers.redeemer)"
	voucherViewColumns = voucherColumns + ", " + voucherSellerName + ", " + voucherRedeemer
	selectCodeView     = "SELECT " + voucherViewColumns + " FROM vouchers WHERE code = $1"
)

var (
	accountView = view[AccountView]{
		table: "users", id: "uid", one: "account", columns: accountViewColumns,
		texts: []string{"name", "login"},
		scan:  always(scanAccountView), key: func(a AccountView) int64 { return int64(a.UID) },
	}
	buyerView = view[AccountView]{
		table: "users", id: "uid", one: "buyer with account", columns: accountViewColumns, where: "digest IS NULL",
		texts: []string{"name"},
		scan:  always(scanAccountView), key: func(a AccountView) int64 { return int64(a.UID) },
	}
	objectView = view[ObjectView]{
		table: "objects", id: "id", one: "object",
		columns: objectColumns + ", (SELECT users.name FROM users WHERE users.uid = objects.seller)",
		texts:   []string{"name", "url"},
		of:      map[Kind]string{Accounts: "seller = @"},
		scan:    always(scanObjectView), key: func(o ObjectView) int64 { return int64(o.ID) },
	}
	orderView = view[OrderView]{
		table: "orders", id: "id", one: "order",
		columns: orderColumns + ", " + orderObjectName + `,
			(SELECT objects.url FROM objects WHERE objects.id = orders.object),
			(SELECT users.name FROM users WHERE users.uid = orders.seller)`,
		texts: []string{"context", orderObjectName},
		of:    map[Kind]string{Accounts: "seller = @", Objects: "object = @"},
		scan:  func(s *step) func(store.Row) (OrderView, error) { return s.scanOrderView },
		key:   func(o OrderView) int64 { return int64(o.ID) },
	}
	purchaseView = view[PurchaseView]{
		table: "purchases", id: "id", one: "purchase",
		columns: purchaseColumns + ", " + purchaseBuyerName + `,
			(SELECT users.name FROM users WHERE users.uid = purchases.seller),
			(SELECT transfers.at FROM transfers WHERE transfers.id = purchases.transfer)`,
		texts: []string{"name", "context", "huid", purchaseBuyerName},
		of:    map[Kind]string{Accounts: "buyer = @ OR seller = @", Objects: "object = @", Orders: "sold_by = @"},
		scan:  always(scanPurchaseView), key: func(p PurchaseView) int64 { return int64(p.ID) },
	}
	voucherView = view[VoucherView]{
		table: "vouchers", id: "id", one: "voucher", columns: voucherViewColumns,
		texts: []string{"code", "replace(code, '-', '')", "gid", "message", "description", voucherRedeemer},
		of:    map[Kind]string{Accounts: "seller = @ OR redeemer = @"},
		scan:  always(scanVoucherView), key: func(v VoucherView) int64 { return int64(v.ID) },
	}
	transferView = view[TransferView]{
		table: "transfers", id: "id", one: "transfer",
		columns: ledger.TransferColumns + `,
			(SELECT users.name FROM users WHERE users.uid = transfers.payer),
			(SELECT users.name FROM users WHERE users.uid = transfers.payee)`,
		texts: []string{"name", "message"},
		of: map[Kind]string{
			Accounts: "payer = @ OR payee = @", Objects: "object = @", Purchases: "purchase = @", Vouchers: "voucher = @",
		},
		scan: always(scanTransferView), key: func(t TransferView) int64 { return int64(t.ID) },
	}
)

// always returns a scan that does not depend on the step.
func always[T any](scan func(store.Row) (T, error)) func(*step) func(store.Row) (T, error) {
	return func(*step) func(store.Row) (T, error) { return scan }
}

// ViewAccounts returns accounts of people and companies.
func (b *Broker) ViewAccounts(l Look) (Page[AccountView], error) { return accountView.look(b, l) }

// ViewBuyers returns accounts without a login.
func (b *Broker) ViewBuyers(l Look) (Page[AccountView], error) { return buyerView.look(b, l) }

// ViewObjects returns objects.
func (b *Broker) ViewObjects(l Look) (Page[ObjectView], error) { return objectView.look(b, l) }

// ViewOrders returns orders, live and expired ones.
func (b *Broker) ViewOrders(l Look) (Page[OrderView], error) { return orderView.look(b, l) }

// ViewPurchases returns purchases.
func (b *Broker) ViewPurchases(l Look) (Page[PurchaseView], error) { return purchaseView.look(b, l) }

// ViewVouchers returns vouchers.
func (b *Broker) ViewVouchers(l Look) (Page[VoucherView], error) { return voucherView.look(b, l) }

// ViewTransfers returns transfers.
func (b *Broker) ViewTransfers(l Look) (Page[TransferView], error) { return transferView.look(b, l) }

// ViewAccount returns an account, which may be one of the broker's own. It returns ErrNotFound if there is none.
func (b *Broker) ViewAccount(uid vingd.UID) (AccountView, error) {
	name := ownName(uid, "")
	if name == "" {
		return accountView.find(b, int64(uid))
	}
	return inStep(b, func(s *step) (AccountView, error) {
		balance, _, err := s.books.Balance(uid)
		return AccountView{UID: uid, Name: name, Balance: balance}, err
	})
}

// ViewObject returns an object. It returns ErrNotFound if there is none.
func (b *Broker) ViewObject(id vingd.ObjectID) (ObjectView, error) {
	return objectView.find(b, int64(id))
}

// ViewPurchase returns a purchase. It returns ErrNotFound if there is none.
func (b *Broker) ViewPurchase(id vingd.PurchaseID) (PurchaseView, error) {
	return purchaseView.find(b, int64(id))
}

// ViewVoucherID returns a voucher by its id. It returns ErrNotFound if there is none.
func (b *Broker) ViewVoucherID(id vingd.VoucherID) (VoucherView, error) {
	return voucherView.find(b, int64(id))
}

// ViewTransfer returns a transfer. It returns ErrNotFound if there is none.
func (b *Broker) ViewTransfer(id vingd.TransferID) (TransferView, error) {
	return transferView.find(b, int64(id))
}

// ViewOrder returns an order of any seller's, live or expired. It returns ErrNotFound if there is none.
func (b *Broker) ViewOrder(id vingd.OrderID) (OrderView, error) { return orderView.find(b, int64(id)) }

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

// ViewBuyer returns the account of a person without a login. It returns ErrNotFound if there is none.
func (b *Broker) ViewBuyer(uid vingd.UID) (AccountView, error) { return buyerView.find(b, int64(uid)) }

// ViewLastPayer returns the account of the buyer who paid last on a page. It returns ErrNotFound if there is none.
func (b *Broker) ViewLastPayer() (AccountView, error) {
	uid, err := inStep(b, func(s *step) (vingd.UID, error) {
		uid, ok, err := store.Find(s.Tx, scanOne[vingd.UID], selectLastPayer)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no purchase")
		}
		return uid, err
	})
	if err != nil {
		return AccountView{}, err
	}
	return b.ViewBuyer(uid)
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
