package frontend

import (
	"strconv"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A cell is a value of a table, or a fact about a thing. Every field is optional.
type cell struct {
	Text string
	// To is the address that the text links to.
	To string
	// Away says that the address is not of this sandbox.
	Away  bool
	State string
	Time  *time.Time
	Links []link
	// Small is written after the rest.
	Small string
	// Class says how the cell looks: id, name, money, code, address or links.
	Class string
}

// A link is a text that leads to an address.
type link struct{ Text, To string }

// A column is the head of a column, and how its cells look.
type column struct{ Name, Class string }

// A fact is something to know about a thing.
type fact struct {
	Name string
	cell
}

// isEmpty reports whether a cell shows nothing.
func (c cell) isEmpty() bool { return c.Text == "" && c.State == "" && c.Time == nil && c.Links == nil }

// thingPath returns the address of the page of a thing.
func thingPath[ID ~int64](k broker.Kind, id ID) string {
	return listPath(k) + strconv.FormatInt(int64(id), 10)
}

func listPath(k broker.Kind) string { return "/dashboard/" + string(k) + "/" }

// idCell returns the id of a thing, which links to its page. It returns an empty cell if the id is zero.
func idCell[ID ~int64](k broker.Kind, id ID) cell {
	if id == 0 {
		return cell{Class: "id"}
	}
	return cell{Class: "id", Text: strconv.FormatInt(int64(id), 10), To: thingPath(k, id)}
}

// accountCell returns the name of an account, which links to its page. It returns an empty cell if there is none.
func accountCell(uid vingd.UID, name string) cell {
	if uid == 0 {
		return cell{}
	}
	return cell{Class: "name", Text: named(name, uid), To: thingPath(broker.Accounts, uid)}
}

func amountCell(amount vingd.Cents) cell { return cell{Class: "money", Text: amount.String()} }

func timeCell(t time.Time) cell { return cell{Class: "time", Time: &t} }

func textCell(text string) cell { return cell{Text: text} }

// orderLinks links to the pages of an order that can be paid.
func orderLinks(o broker.OrderView) cell {
	c := cell{Class: "links"}
	if o.Live {
		page := "/orders/" + strconv.FormatInt(int64(o.ID), 10) + "/add/"
		c.Links = []link{{"page", page}, {"popup", "/popup" + page}}
	}
	return c
}

// voucherLinks links to the pages of a voucher that can be redeemed.
func voucherLinks(v broker.VoucherView) cell {
	c := cell{Class: "links"}
	if v.State == broker.Open {
		page := "/vouchers/" + string(v.Code)
		c.Links = []link{{"page", page}, {"popup", "/popup" + page}}
	}
	return c
}

func orderState(o broker.OrderView) cell {
	if o.Live {
		return cell{State: "open"}
	}
	return cell{State: "expired"}
}

func purchaseState(p broker.PurchaseView) cell {
	if p.State == broker.Reserved && p.Verified {
		return cell{State: "verified"}
	}
	return cell{State: string(p.State)}
}

// buyerCell returns the buyer of a purchase.
func buyerCell(p broker.PurchaseView) cell {
	c := accountCell(p.Buyer, p.BuyerName)
	if p.HUID == "" {
		c.Small = "anonymous"
	}
	return c
}

func role(a broker.AccountView) string {
	switch {
	case a.UID <= broker.Reserve:
		return "the sandbox's own"
	case a.Login != "":
		return "seller"
	default:
		return "buyer"
	}
}

// contextCell returns the context of an order or a purchase.
func contextCell(context *string) cell {
	if context == nil {
		return cell{}
	}
	return textCell(*context)
}
