package broker

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Fixtures are sellers, buyers, objects with orders, and vouchers. They are created together.
type Fixtures struct {
	Sellers  []NewSeller
	Buyers   []NewBuyer
	Objects  []FixedObject
	Vouchers []FixedVoucher
}

// A NewSeller is an account with a login.
type NewSeller struct {
	Username, Password string
	Balance            vingd.Cents
	// Flags are ACL flags. Nil means every flag.
	Flags []string
}

// A NewBuyer is an account without a login.
type NewBuyer struct {
	Name    string
	Balance vingd.Cents
}

// A FixedObject is an object of the seller with this username. If the username is empty, the first seller is used.
type FixedObject struct {
	Seller      string
	Description Description
	Orders      []FixedOrder
}

// A FixedOrder is an order that expires after Lifetime. Nil is 15 minutes.
type FixedOrder struct {
	Price    vingd.Cents
	Context  *string
	Lifetime *time.Duration
}

// A FixedVoucher is a voucher of the seller with this username. If the username is empty, the first seller is used. The
// voucher expires after Lifetime. Nil is 7 days.
type FixedVoucher struct {
	Seller   string
	Voucher  NewVoucher
	Lifetime *time.Duration
}

// Made holds the accounts, ids and codes of created fixtures, in the order of the fixtures.
type Made struct {
	Sellers, Buyers []vingd.UID
	Objects         []MadeObject
	Vouchers        []vingd.VoucherCode
}

// A MadeObject holds the ids of an object and of its orders.
type MadeObject struct {
	ID     vingd.ObjectID
	Orders []vingd.OrderID
}

const selectFirstSeller = "SELECT uid FROM users WHERE login IS NOT NULL ORDER BY uid LIMIT 1"

// Begin adds the first seller and the fixtures, and returns the account of the first seller. A seller of the fixtures with
// the same username replaces the first seller.
func (b *Broker) Begin(first NewSeller, f Fixtures) (vingd.UID, error) {
	return inStep(b, func(s *step) (vingd.UID, error) { return s.beginWith(first, f) })
}

func (s *step) beginWith(first NewSeller, f Fixtures) (vingd.UID, error) {
	var others []NewSeller
	for _, seller := range f.Sellers {
		if seller.Username == first.Username {
			first = seller
		} else {
			others = append(others, seller)
		}
	}
	f.Sellers = others
	uid, err := s.addSeller(first)
	if err != nil {
		return 0, err
	}
	_, err = s.add(f)
	return uid, err
}

// Add adds fixtures. If it fails, it has added nothing.
func (b *Broker) Add(f Fixtures) (Made, error) {
	return inStep(b, func(s *step) (Made, error) { return s.add(f) })
}

func (s *step) add(f Fixtures) (made Made, err error) {
	for i, seller := range f.Sellers {
		uid, err := s.addSeller(seller)
		if err != nil {
			return made, placed(err, "sellers[%d]", i)
		}
		made.Sellers = append(made.Sellers, uid)
	}
	for i, buyer := range f.Buyers {
		uid, err := s.addUser(buyer.Name, buyer.Balance)
		if err != nil {
			return made, placed(err, "buyers[%d]", i)
		}
		made.Buyers = append(made.Buyers, uid)
	}
	for i, object := range f.Objects {
		one, err := s.addObject(object, i)
		if err != nil {
			return made, err
		}
		made.Objects = append(made.Objects, one)
	}
	for i, voucher := range f.Vouchers {
		code, err := s.addVoucher(voucher)
		if err != nil {
			return made, placed(err, "vouchers[%d]", i)
		}
		made.Vouchers = append(made.Vouchers, code)
	}
	return made, nil
}

func (s *step) addObject(o FixedObject, at int) (made MadeObject, err error) {
	seller, err := s.sellerOf(o.Seller)
	if err == nil {
		made.ID, err = s.createObject(seller, o.Description)
	}
	if err != nil {
		return made, placed(err, "objects[%d]", at)
	}
	for i, order := range o.Orders {
		n := NewOrder{Price: order.Price, Context: order.Context}
		var id vingd.OrderID
		if n.Expires, err = s.after(order.Lifetime); err == nil {
			id, err = s.createOrder(seller, made.ID, n)
		}
		if err != nil {
			return made, placed(err, "objects[%d].orders[%d]", at, i)
		}
		made.Orders = append(made.Orders, id)
	}
	return made, nil
}

var groupForm = regexp.MustCompile(`^[-_A-Za-z0-9]{0,32}$`)

func (s *step) addVoucher(f FixedVoucher) (vingd.VoucherCode, error) {
	seller, err := s.sellerOf(f.Seller)
	if err != nil {
		return "", err
	}
	n := f.Voucher
	if !groupForm.MatchString(string(n.Group)) {
		return "", refuse(ErrInvalid, "gid %q: must be 1 to 32 letters, digits, dashes or underscores", string(n.Group))
	}
	if n.Until, err = s.after(f.Lifetime); err != nil {
		return "", err
	}
	v, err := s.createVoucher(seller, n)
	return v.Code, err
}

// sellerOf returns the seller with a username, or the first seller if username is empty.
func (s *step) sellerOf(username string) (vingd.UID, error) {
	if username == "" {
		uid, ok, err := store.Find(s.Tx, scanOne[vingd.UID], selectFirstSeller)
		if err == nil && !ok {
			err = refuse(ErrNotFound, "there is no seller")
		}
		return uid, err
	}
	known, ok, err := store.Find(s.Tx, scanAccess, selectLogin, username)
	if err == nil && !ok {
		err = refuse(ErrInvalid, "seller %q: must be the username of a seller", username)
	}
	return known.uid, err
}

// after returns the time at which a lifetime ends, or nil if lifetime is nil.
func (s *step) after(lifetime *time.Duration) (*time.Time, error) {
	if lifetime == nil {
		return nil, nil //nolint:nilnil // the caller has the default
	}
	at := s.now.Add(*lifetime)
	if at.After(Never()) || at.Year() < 1 {
		return nil, refuse(ErrInvalid, "expires_in %v: must end between the years 1 and 9999", *lifetime)
	}
	return &at, nil
}

// placed puts the place in the fixtures before the message of a refusal.
func placed(err error, place string, at ...any) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return err
	}
	return &Error{refused.Kind, fmt.Sprintf(place, at...) + ": " + refused.Message}
}
