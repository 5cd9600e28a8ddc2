package control

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/generated/sandboxserver"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A seller of the fixtures has these unless the fixtures say otherwise.
const (
	fixedPassword       = "123"
	fixedBalance  int64 = 1000_00
)

// ReadFixtures reads fixtures in JSON. An empty text has none. Errors call the whole text by a name.
func ReadFixtures(name string, text []byte) (f broker.Fixtures, err error) {
	if len(text) == 0 {
		return f, nil
	}
	var in sandboxserver.Fixtures
	if err := decode(name, text, &in); err != nil {
		return f, err
	}
	return fixturesOf(in)
}

// AddFixtures serves POST /-/fixtures.
func (s server) AddFixtures(w http.ResponseWriter, r *http.Request) {
	var in sandboxserver.Fixtures
	var f broker.Fixtures
	var made broker.Made
	err := read(r, &in)
	if err == nil {
		f, err = fixturesOf(in)
	}
	if err == nil {
		made, err = s.Broker.Add(f)
	}
	out := sandboxserver.Made{Sellers: numbers(made.Sellers), Buyers: numbers(made.Buyers), Objects: []sandboxserver.MadeObject{}, Vouchers: []string{}}
	for _, o := range made.Objects {
		out.Objects = append(out.Objects, sandboxserver.MadeObject{OID: int64(o.ID), Orders: numbers(o.Orders)})
	}
	for _, code := range made.Vouchers {
		out.Vouchers = append(out.Vouchers, string(code))
	}
	write(w, r, out, err)
}

func fixturesOf(in sandboxserver.Fixtures) (f broker.Fixtures, err error) {
	for _, s := range in.Sellers {
		f.Sellers = append(f.Sellers, broker.NewSeller{
			Username: s.Username, Password: or(s.Password, fixedPassword), Balance: vingd.Cents(or(s.Balance, fixedBalance)), Flags: s.Flags,
		})
	}
	for _, b := range in.Buyers {
		f.Buyers = append(f.Buyers, broker.NewBuyer{Name: b.Name, Balance: vingd.Cents(b.Balance)})
	}
	for i, o := range in.Objects {
		object, err := fixedObject(o, i)
		if err != nil {
			return f, err
		}
		f.Objects = append(f.Objects, object)
	}
	for _, v := range in.Vouchers {
		lifetime, err := lifetime(v.ExpiresIn)
		if err != nil {
			return f, err
		}
		f.Vouchers = append(f.Vouchers, broker.FixedVoucher{
			Seller: v.Seller, Lifetime: lifetime,
			Voucher: broker.NewVoucher{Amount: vingd.Cents(v.Amount), Group: vingd.GroupID(v.GID), Message: v.Message, Description: v.Description},
		})
	}
	return f, nil
}

func fixedObject(o sandboxserver.FixedObject, at int) (object broker.FixedObject, err error) {
	var d struct{ Name, URL string }
	if err := json.Unmarshal(o.Description, &d); err != nil {
		return object, invalid("objects[%d]: description must be an object with the texts name and url", at)
	}
	object = broker.FixedObject{Seller: o.Seller, Description: broker.Description{Name: d.Name, URL: d.URL, Text: string(o.Description)}}
	for _, order := range o.Orders {
		lifetime, err := lifetime(order.ExpiresIn)
		if err != nil {
			return object, err
		}
		object.Orders = append(object.Orders, broker.FixedOrder{Price: vingd.Cents(order.Price), Context: order.Context, Lifetime: lifetime})
	}
	return object, nil
}

// lifetime reads how long something lives. An empty text is the default, which is nil.
func lifetime(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // the broker has the default
	}
	d, err := duration("expires_in", text)
	return &d, err
}

func or[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// numbers returns ids as numbers. JSON writes a list that is not nil as a list.
func numbers[T ~int64](ids []T) []int64 {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return all
}
