package control

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// What a seller of fixtures has unless the fixtures say otherwise.
const (
	fixedPassword             = "123"
	fixedBalance  vingd.Cents = 1000_00
)

// fixtures are fixtures in JSON.
type fixtures struct {
	Sellers []struct {
		Username string       `json:"username"`
		Password *string      `json:"password"`
		Balance  *vingd.Cents `json:"balance"`
		Flags    []string     `json:"flags"`
	} `json:"sellers"`
	Buyers []struct {
		Name    string      `json:"name"`
		Balance vingd.Cents `json:"balance"`
	} `json:"buyers"`
	Objects []struct {
		Seller      string          `json:"seller"`
		Description json.RawMessage `json:"description"`
		Orders      []struct {
			Price     vingd.Cents `json:"price"`
			Context   *string     `json:"context"`
			ExpiresIn *span       `json:"expires_in"`
		} `json:"orders"`
	} `json:"objects"`
	Vouchers []struct {
		Seller      string        `json:"seller"`
		Amount      vingd.Cents   `json:"amount"`
		GID         vingd.GroupID `json:"gid"`
		Message     string        `json:"message"`
		Description string        `json:"description"`
		ExpiresIn   *span         `json:"expires_in"`
	} `json:"vouchers"`
}

// ReadFixtures reads fixtures in JSON. No text at all is no fixtures.
func ReadFixtures(text []byte) (f broker.Fixtures, err error) {
	if len(text) == 0 {
		return f, nil
	}
	var in fixtures
	if err := decode(text, &in); err != nil {
		return f, err
	}
	return in.read()
}

func (in *fixtures) read() (f broker.Fixtures, err error) {
	for _, s := range in.Sellers {
		f.Sellers = append(f.Sellers, broker.NewSeller{
			Username: s.Username, Password: or(s.Password, fixedPassword), Balance: or(s.Balance, fixedBalance), Flags: s.Flags,
		})
	}
	for _, b := range in.Buyers {
		f.Buyers = append(f.Buyers, broker.NewBuyer{Name: b.Name, Balance: b.Balance})
	}
	for i, o := range in.Objects {
		var d struct{ Name, URL string }
		if err := json.Unmarshal(o.Description, &d); err != nil {
			return f, invalid("objects[%d]: description must be an object with the texts name and url", i)
		}
		object := broker.FixedObject{Seller: o.Seller, Description: broker.Description{Name: d.Name, URL: d.URL, Text: string(o.Description)}}
		for _, order := range o.Orders {
			object.Orders = append(object.Orders, broker.FixedOrder{Price: order.Price, Context: order.Context, Lifetime: (*time.Duration)(order.ExpiresIn)})
		}
		f.Objects = append(f.Objects, object)
	}
	for _, v := range in.Vouchers {
		f.Vouchers = append(f.Vouchers, broker.FixedVoucher{
			Seller: v.Seller, Lifetime: (*time.Duration)(v.ExpiresIn),
			Voucher: broker.NewVoucher{Amount: v.Amount, Group: v.GID, Message: v.Message, Description: v.Description},
		})
	}
	return f, nil
}

func or[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

// load adds fixtures, and answers with the ids of what was made.
func (k Knobs) load(r *http.Request) (any, error) {
	var in fixtures
	if err := read(r, &in); err != nil {
		return nil, err
	}
	f, err := in.read()
	if err != nil {
		return nil, err
	}
	made, err := k.Broker.Add(f)
	if err != nil {
		return nil, err
	}
	type object struct {
		OID    vingd.ObjectID  `json:"oid"`
		Orders []vingd.OrderID `json:"orders"`
	}
	out := struct {
		Sellers  []vingd.UID         `json:"sellers"`
		Buyers   []vingd.UID         `json:"buyers"`
		Objects  []object            `json:"objects"`
		Vouchers []vingd.VoucherCode `json:"vouchers"`
	}{notNil(made.Sellers), notNil(made.Buyers), []object{}, notNil(made.Vouchers)}
	for _, o := range made.Objects {
		out.Objects = append(out.Objects, object{o.ID, notNil(o.Orders)})
	}
	return out, nil
}

// notNil makes JSON write an empty list.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
