package frontend

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// findField is the field of a form that searches the buyers. The other fields of an address belong to the shop.
const findField = "find"

// A field is a field of a form.
type field struct{ Name, Value string }

// find reads the search for buyers from the query of an address.
func (f *form) find(query url.Values) {
	f.Find = strings.TrimSpace(query.Get(findField))
	delete(query, findField)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			f.Keep = append(f.Keep, field{name, value})
		}
	}
}

// offer offers the newest buyers that the form's search finds. The form keeps the buyer who was chosen before. Otherwise
// the default is the buyer who paid last, then the newest who has enough, then a new one.
func (f *form) offer(b *broker.Broker, enough vingd.Cents) error {
	text, err := readSearch(f.Find)
	if err != nil {
		return err
	}
	page, err := b.ViewBuyers(broker.Look{Text: text, Limit: listLimit})
	if err != nil {
		return err
	}
	f.Buyers, f.More = page.Rows, page.Older != 0
	if f.Buyer != "" {
		uid, err := readID(f.Buyer)
		if err != nil {
			return nil //nolint:nilerr // fresh, or a choice that the form refuses
		}
		return f.offerFirst(b.ViewBuyer(vingd.UID(uid)))
	}
	f.Buyer = fresh
	if text == "" {
		if last, err := b.ViewLastPayer(); err != nil || last.Balance >= enough {
			if err := f.offerFirst(last, err); err != nil {
				return err
			}
		}
	}
	for _, buyer := range f.Buyers {
		if buyer.Balance >= enough {
			f.Buyer = strconv.FormatInt(int64(buyer.UID), 10)
			break
		}
	}
	return nil
}

// offerFirst puts a buyer before the others. If the buyer was not found, it does nothing.
func (f *form) offerFirst(buyer broker.AccountView, err error) error {
	if errors.Is(err, broker.ErrNotFound) {
		return nil
	}
	others := slices.DeleteFunc(f.Buyers, func(other broker.AccountView) bool { return other.UID == buyer.UID })
	f.Buyers = append([]broker.AccountView{buyer}, others...)
	return err
}

// A choice is the buyer that a form names.
type choice struct {
	uid     vingd.UID // zero for somebody who does not exist yet
	name    string
	balance vingd.Cents
}

func readChoice(values url.Values) (choice, error) {
	if values.Get("buyer") != fresh {
		uid, err := readID(values.Get("buyer"))
		if err != nil {
			return choice{}, refuse("buyer must be the number of an account, or new")
		}
		return choice{uid: vingd.UID(uid)}, nil
	}
	c := choice{name: strings.TrimSpace(values.Get("name"))}
	if c.name == "" || utf8.RuneCountInString(c.name) > nameLimit || !utf8.ValidString(c.name) || strings.ContainsFunc(c.name, unicode.IsControl) {
		return choice{}, refuse(fmt.Sprintf("the name of a new buyer must have 1 to %d characters", nameLimit))
	}
	var ok bool
	if c.balance, ok = readAmount(values.Get("balance")); !ok {
		return choice{}, refuse("the opening balance must be an amount of vingds like 10.00")
	}
	return c, nil
}

// choose sets the buyer of an outcome, whom a form names. It adds a buyer who does not exist yet, unless the form added that
// buyer just before, and was then refused.
func (p *pages) choose(form url.Values, o *outcome) error {
	c, err := readChoice(form)
	if err != nil {
		return err
	}
	known := c
	if c == o.choice {
		known.uid = o.buyer.UID
	}
	buyer, err := p.chosen(known)
	if err == nil {
		o.choice, o.buyer = c, buyer
	}
	return err
}

// chosen returns the buyer of a choice. It adds a buyer who does not exist yet.
func (p *pages) chosen(c choice) (broker.AccountView, error) {
	if c.uid == 0 {
		uid, err := p.broker.AddBuyer(c.name, c.balance)
		if err != nil {
			return broker.AccountView{}, err
		}
		c.uid = uid
	}
	buyer, err := p.broker.ViewBuyer(c.uid)
	if errors.Is(err, broker.ErrNotFound) { // the page exists, and the form is wrong
		return broker.AccountView{}, refuse(err.Error())
	}
	return buyer, err
}
