package frontend

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// A kind is how the dashboard shows things of a kind.
type kind struct {
	Kind  broker.Kind
	Title string
	// One is the word for one of them.
	One string
	// Hint says how the first one is made.
	Hint    string
	Columns []column
	total   func(broker.Totals) int
	// list returns rows and the Before of the next page.
	list func(*broker.Broker, broker.Look) (rows [][]cell, older int64, err error)
	show func(*broker.Broker, int64) (thing, error)
	// parts are the kinds of what belongs to a thing of this kind.
	parts []broker.Kind
}

// A thing is what the page of one thing shows.
type thing struct {
	Title string
	Facts []fact
	// Raw is JSON that the thing has. Optional.
	Raw string
}

// kinds returns the kinds in the order of the dashboard.
func kinds() []kind {
	return []kind{accountKind(), orderKind(), purchaseKind(), voucherKind(), objectKind(), transferKind()}
}

// listed returns the list of a kind.
func listed[T any](view func(*broker.Broker, broker.Look) (broker.Page[T], error), row func(T) []cell) func(*broker.Broker, broker.Look) ([][]cell, int64, error) {
	return func(b *broker.Broker, l broker.Look) (rows [][]cell, older int64, err error) {
		page, err := view(b, l)
		for _, one := range page.Rows {
			rows = append(rows, row(one))
		}
		return rows, page.Older, err
	}
}

// shown returns the show of a kind.
func shown[ID ~int64, T any](view func(*broker.Broker, ID) (T, error), describe func(T) thing) func(*broker.Broker, int64) (thing, error) {
	return func(b *broker.Broker, id int64) (thing, error) {
		one, err := view(b, ID(id))
		if err != nil {
			return thing{}, err
		}
		t := describe(one)
		t.Facts = slices.DeleteFunc(t.Facts, func(f fact) bool { return f.isEmpty() })
		return t, nil
	}
}

func accountKind() kind {
	return kind{
		Kind: broker.Accounts, Title: "Accounts", One: "Account",
		Columns: []column{{"Account", "id"}, {"Balance", "money"}, {"Name", ""}, {"Role", ""}, {"Since", ""}},
		total:   func(t broker.Totals) int { return t.Accounts },
		list: listed((*broker.Broker).ViewAccounts, func(a broker.AccountView) []cell {
			return []cell{idCell(broker.Accounts, a.UID), amountCell(a.Balance), accountCell(a.UID, a.Name), textCell(role(a)), timeCell(a.Created)}
		}),
		show: shown((*broker.Broker).ViewAccount, func(a broker.AccountView) thing {
			t := thing{Title: "Account " + strconv.FormatInt(int64(a.UID), 10), Facts: []fact{
				{"Name", textCell(a.Name)}, {"Balance", amountCell(a.Balance)}, {"Role", textCell(role(a))},
			}}
			if a.Login != "" {
				t.Facts = append(t.Facts, fact{"Login", textCell(a.Login)})
			}
			if !a.Created.IsZero() {
				t.Facts = append(t.Facts, fact{"Since", timeCell(a.Created)})
			}
			return t
		}),
		parts: []broker.Kind{broker.Transfers, broker.Purchases, broker.Vouchers, broker.Orders, broker.Objects},
	}
}

func orderKind() kind {
	return kind{
		Kind: broker.Orders, Title: "Orders", One: "Order", Hint: "POST objects/<oid>/orders/ makes one.",
		Columns: []column{{"Order", "id"}, {"Pay", ""}, {"Object", ""}, {"Price", "money"}, {"State", ""}, {"Until", ""}},
		total:   func(t broker.Totals) int { return t.Orders },
		list: listed((*broker.Broker).ViewOrders, func(o broker.OrderView) []cell {
			return []cell{
				idCell(broker.Orders, o.ID), orderLinks(o), {Class: "name", Text: o.Name, To: thingPath(broker.Objects, o.Object)},
				amountCell(o.Price), orderState(o), timeCell(o.Expires),
			}
		}),
		show: shown((*broker.Broker).ViewOrder, func(o broker.OrderView) thing {
			return thing{Title: "Order " + strconv.FormatInt(int64(o.ID), 10), Facts: []fact{
				{"Object", cell{Class: "name", Text: o.Name, To: thingPath(broker.Objects, o.Object)}},
				{"Seller", accountCell(o.Seller, o.SellerName)}, {"Price", amountCell(o.Price)}, {"State", orderState(o)},
				{"Context", contextCell(o.Context)}, {"Pay", orderLinks(o)},
				{"Created", timeCell(o.Created)}, {"Expires", timeCell(o.Expires)},
			}}
		}),
		parts: []broker.Kind{broker.Purchases},
	}
}

func purchaseKind() kind {
	return kind{
		Kind: broker.Purchases, Title: "Purchases", One: "Purchase", Hint: "Open the page of an order, and pay.",
		Columns: []column{{"Purchase", "id"}, {"Object", ""}, {"Buyer", ""}, {"Price", "money"}, {"State", ""}, {"Paid", ""}},
		total:   func(t broker.Totals) int { return t.Purchases },
		list: listed((*broker.Broker).ViewPurchases, func(p broker.PurchaseView) []cell {
			return []cell{
				idCell(broker.Purchases, p.ID), {Class: "name", Text: p.Name, To: thingPath(broker.Objects, p.Object)}, buyerCell(p),
				amountCell(p.Price), purchaseState(p), timeCell(p.Paid),
			}
		}),
		show: shown((*broker.Broker).ViewPurchase, func(p broker.PurchaseView) thing {
			return thing{Title: "Purchase " + strconv.FormatInt(int64(p.ID), 10), Facts: []fact{
				{"Object", cell{Text: p.Name, To: thingPath(broker.Objects, p.Object)}}, {"Order", idCell(broker.Orders, p.Order)},
				{"Buyer", buyerCell(p)}, {"Buyer's HUID", cell{Class: "code", Text: string(p.HUID)}},
				{"Seller", accountCell(p.Seller, p.SellerName)}, {"Price", amountCell(p.Price)}, {"State", purchaseState(p)},
				{"Context", contextCell(p.Context)}, {"Paid", timeCell(p.Paid)},
				{"Paid by transfer", idCell(broker.Transfers, p.Transfer)}, {"Ended by transfer", idCell(broker.Transfers, p.Ended)},
			}}
		}),
		parts: []broker.Kind{broker.Transfers},
	}
}

func voucherKind() kind {
	return kind{
		Kind: broker.Vouchers, Title: "Vouchers", One: "Voucher", Hint: "POST vouchers/ makes one.",
		Columns: []column{
			{"Voucher", "id"}, {"Code", ""}, {"Redeem", ""}, {"Amount", "money"}, {"State", ""}, {"Group", ""}, {"Redeemed by", ""}, {"Until", ""},
		},
		total: func(t broker.Totals) int { return t.Vouchers },
		list: listed((*broker.Broker).ViewVouchers, func(v broker.VoucherView) []cell {
			return []cell{
				idCell(broker.Vouchers, v.ID), {Class: "code", Text: string(v.Code), To: thingPath(broker.Vouchers, v.ID)}, voucherLinks(v),
				amountCell(v.Amount), {State: string(v.State)}, textCell(string(v.Group)), accountCell(v.Redeemer, v.RedeemerName), timeCell(v.Until),
			}
		}),
		show: shown((*broker.Broker).ViewVoucherID, func(v broker.VoucherView) thing {
			return thing{Title: "Voucher " + strconv.FormatInt(int64(v.ID), 10), Facts: []fact{
				{"Code", cell{Class: "code", Text: string(v.Code)}}, {"Redeem", voucherLinks(v)},
				{"Amount", amountCell(v.Amount)}, {"State", cell{State: string(v.State)}},
				{"Seller", accountCell(v.Seller, v.SellerName)}, {"Redeemed by", accountCell(v.Redeemer, v.RedeemerName)},
				{"Group", textCell(string(v.Group))}, {"Message", textCell(v.Message)}, {"Description", textCell(v.Description)},
				{"Until", timeCell(v.Until)}, {"Made by transfer", idCell(broker.Transfers, v.Transfer)},
				{"Ended by transfer", idCell(broker.Transfers, v.Ended)},
			}}
		}),
		parts: []broker.Kind{broker.Transfers},
	}
}

func objectKind() kind {
	return kind{
		Kind: broker.Objects, Title: "Objects", One: "Object", Hint: "POST registry/objects/ makes one.",
		Columns: []column{{"Object", "id"}, {"Name", ""}, {"Address", ""}, {"Registered", ""}},
		total:   func(t broker.Totals) int { return t.Objects },
		list: listed((*broker.Broker).ViewObjects, func(o broker.ObjectView) []cell {
			d := o.Description
			return []cell{
				idCell(broker.Objects, o.ID), {Class: "name", Text: d.Name, To: thingPath(broker.Objects, o.ID)},
				{Class: "address", Text: d.URL, To: d.URL, Away: true}, timeCell(o.Created),
			}
		}),
		show: shown((*broker.Broker).ViewObject, func(o broker.ObjectView) thing {
			d := o.Description
			return thing{Title: "Object " + strconv.FormatInt(int64(o.ID), 10), Raw: d.Text, Facts: []fact{
				{"Name", textCell(d.Name)}, {"Address", cell{Class: "address", Text: d.URL, To: d.URL, Away: true}},
				{"Seller", accountCell(o.Seller, o.SellerName)}, {"Registered", timeCell(o.Created)}, {"Changed", timeCell(o.Modified)},
			}}
		}),
		parts: []broker.Kind{broker.Orders, broker.Purchases, broker.Transfers},
	}
}

func transferKind() kind {
	return kind{
		Kind: broker.Transfers, Title: "Transfers", One: "Transfer", Hint: "Pay an order, make a voucher, or deposit money.",
		Columns: []column{{"Transfer", "id"}, {"Amount", "money"}, {"From", ""}, {"To", ""}, {"Why", ""}, {"When", ""}},
		total:   func(t broker.Totals) int { return t.Transfers },
		list: listed((*broker.Broker).ViewTransfers, func(t broker.TransferView) []cell {
			return []cell{
				idCell(broker.Transfers, t.ID), amountCell(t.Amount), accountCell(t.From, t.FromName), accountCell(t.To, t.ToName),
				reason(t.Note), timeCell(t.At),
			}
		}),
		show: shown((*broker.Broker).ViewTransfer, func(t broker.TransferView) thing {
			note, err := json.Marshal(t.Note)
			if err != nil {
				note = nil // it is for looking at only
			}
			return thing{Title: "Transfer " + strconv.FormatInt(int64(t.ID), 10), Raw: string(note), Facts: []fact{
				{"Amount", amountCell(t.Amount)}, {"From", accountCell(t.From, t.FromName)}, {"To", accountCell(t.To, t.ToName)},
				{"Why", reason(t.Note)}, {"Object", idCell(broker.Objects, t.Note.Object)}, {"When", timeCell(t.At)},
			}}
		}),
	}
}

// reason returns why money moved, with a link to what it moved for.
func reason(n ledger.Note) cell {
	c := cell{Small: n.Message}
	what := "a voucher"
	switch {
	case n.Purchase != 0:
		what, c.To = "purchase "+strconv.FormatInt(int64(n.Purchase), 10), thingPath(broker.Purchases, n.Purchase)
	case n.Voucher != 0:
		c.To = thingPath(broker.Vouchers, n.Voucher)
	}
	switch n.Class {
	case vingd.TransferPurchase:
		c.Text = what
	case vingd.TransferCurrencyExchange:
		c.Text = "deposit"
	case vingd.TransferDirect:
		c.Text = "reward"
	case vingd.TransferRefund, vingd.TransferUnverifiedRefund:
		c.Text = "refund of " + what
	case vingd.TransferVoucherAllocated:
		c.Text = "voucher made"
	case vingd.TransferVoucherDeposited:
		c.Text = "voucher redeemed"
	default:
		c.Text = "class " + strconv.Itoa(int(n.Class))
	}
	return c
}
