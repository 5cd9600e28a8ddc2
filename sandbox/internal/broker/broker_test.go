package broker_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// A scene is a broker with a seller, a buyer and an order. The test sets the time.
type scene struct {
	*broker.Broker

	now    time.Time
	seller vingd.UID
	buyer  vingd.UID
	object vingd.ObjectID
	order  vingd.OrderID
}

func newScene(t *testing.T) *scene {
	t.Helper()
	return newSceneIn(t, "")
}

// newSceneIn returns a scene with its state in the file data, or in memory if data is empty.
func newSceneIn(t *testing.T, data string) *scene {
	t.Helper()
	s := &scene{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	s.Broker, err = broker.New(func() time.Time { return s.now }, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.populate(t)
	return s
}

// collect returns all rows of a list.
func collect[T any](rows iter.Seq2[T, error]) (all []T, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// populate adds the seller, the buyer and the order.
func (s *scene) populate(t *testing.T) {
	t.Helper()
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s.seller, err = s.AddSeller(broker.NewSeller{Username: "seller", Password: "123", Balance: 1000})
	check()
	s.buyer, err = s.AddBuyer("Ann", 1000)
	check()
	s.object, err = s.CreateObject(s.seller, broker.Description{Name: "x", URL: "http://localhost/"})
	check()
	s.order, err = s.CreateOrder(s.seller, s.object, broker.NewOrder{Price: 10, Expires: new(broker.Never())})
	check()
}

func (s *scene) pay(t *testing.T) broker.Receipt {
	t.Helper()
	r, err := s.Pay(s.buyer, s.order, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *scene) voucher(t *testing.T) broker.Voucher {
	t.Helper()
	v, err := s.CreateVoucher(s.seller, broker.NewVoucher{Amount: 5})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Every transfer has the class that the API gives it, and the time at which it was due.
func TestTransfers_Classes(t *testing.T) {
	s := newScene(t)
	verify := func(r broker.Receipt) broker.Purchase {
		t.Helper()
		p, err := s.Verify(s.seller, s.object, r.Token)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	s.pay(t)         // never verified
	verify(s.pay(t)) // never committed
	p := verify(s.pay(t))
	if err := s.Commit(s.seller, p.ID, p.Transfer); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reward(s.seller, p.HUID, 1, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Redeem(s.buyer, s.voucher(t).Code); err != nil {
		t.Fatal(err)
	}
	s.voucher(t)
	began := s.now
	s.now = s.now.Add(30 * 24 * time.Hour)
	refunded, expired := began.Add(15*time.Minute), began.Add(7*24*time.Hour)

	type movement struct {
		class  vingd.TransferClass
		amount vingd.Cents
		in     bool
		at     time.Time
	}
	want := map[vingd.UID][]movement{
		s.buyer: {
			{vingd.TransferCurrencyExchange, 1000, true, began},
			{vingd.TransferPurchase, 10, false, began}, {vingd.TransferPurchase, 10, false, began}, {vingd.TransferPurchase, 10, false, began},
			{vingd.TransferDirect, 1, true, began}, {vingd.TransferVoucherDeposited, 5, true, began},
			{vingd.TransferUnverifiedRefund, 10, true, refunded}, {vingd.TransferRefund, 10, true, refunded},
		},
		s.seller: {
			{vingd.TransferCurrencyExchange, 1000, true, began},
			{vingd.TransferPurchase, 10, true, began}, {vingd.TransferDirect, 1, false, began},
			{vingd.TransferVoucherAllocated, 5, false, began}, {vingd.TransferVoucherAllocated, 5, false, began},
			{vingd.TransferRefund, 5, true, expired},
		},
	}
	for uid, want := range want {
		var got []movement
		for _, f := range []broker.TransferFilter{{From: &uid}, {To: &uid}} {
			transfers, err := collect(s.Transfers(uid, f))
			if err != nil {
				t.Fatal(err)
			}
			for _, tr := range transfers {
				got = append(got, movement{tr.Note.Class, tr.Amount, tr.To == uid, tr.At})
			}
		}
		count := func(all []movement) map[movement]int {
			counts := make(map[movement]int)
			for _, m := range all {
				counts[m]++
			}
			return counts
		}
		counted := count(got)
		for m, n := range count(want) {
			if counted[m] != n {
				t.Errorf("account %d: got %d of %+v, want %d", uid, counted[m], m, n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("account %d: got %d transfers, want %d: %+v", uid, len(got), len(want), got)
		}
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// A refund stays when the clock runs back.
func TestClock_RunsBack(t *testing.T) {
	s := newScene(t)
	r := s.pay(t)
	s.now = s.now.Add(time.Hour)
	if got, _ := s.Balance(s.buyer); got != 1000 {
		t.Errorf("got %v, want the refund", got)
	}
	s.now = s.now.Add(-time.Hour)
	if _, err := s.Verify(s.seller, s.object, r.Token); err == nil {
		t.Error("a refunded purchase was verified")
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// The broker settles deadlines in order of time, also when many are due at once.
func TestDeadlines_Order(t *testing.T) {
	s := newScene(t)
	began := s.now
	for _, minutes := range []int{30, 5, 50, 10, 40, 20} {
		if _, err := s.CreateVoucher(s.seller, broker.NewVoucher{Amount: 1, Until: new(began.Add(time.Duration(minutes) * time.Minute))}); err != nil {
			t.Fatal(err)
		}
	}
	s.pay(t)
	s.now = began.Add(25 * time.Minute)
	if got, _ := s.Balance(s.seller); got != 1000-3 {
		t.Errorf("after 25 minutes the seller holds %v, want three of six vouchers back", got)
	}
	if got, _ := s.Balance(s.buyer); got != 1000 {
		t.Errorf("after 25 minutes the buyer holds %v, want the refund", got)
	}
	s.now = began.Add(24 * time.Hour)
	log, err := collect(s.VoucherLog(s.seller, broker.LogFilter{Action: new(broker.ActionExpire)}))
	if err != nil || len(log) != 6 {
		t.Fatalf("got %d entries, %v", len(log), err)
	}
	for i, e := range log {
		if !e.At.Equal(e.Voucher.Until) || i > 0 && e.At.Before(log[i-1].At) {
			t.Errorf("entry %d: at %v, want %v, in order of time", i, e.At, e.Voucher.Until)
		}
	}
}

// The broker stores times in microseconds, and a row at a bound of a filter does not match it.
func TestTimes_Microseconds(t *testing.T) {
	s := newScene(t)
	s.now = s.now.Add(1500)
	id, err := s.CreateObject(s.seller, broker.Description{Name: "x", URL: "http://localhost/"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Object(s.seller, id, broker.ObjectFilter{})
	if err != nil || o.Created.Nanosecond() != 1000 {
		t.Errorf("got %v, %v; want 1 microsecond", o.Created, err)
	}
	for _, f := range []broker.ObjectFilter{{Since: &o.Created}, {Until: &o.Created}} {
		if _, err := s.Object(s.seller, id, f); !errors.Is(err, broker.ErrNotFound) {
			t.Errorf("%+v: got %v, want ErrNotFound", f, err)
		}
	}
}

// A user's permissions are for the seller who created the user, and for no other.
func TestPermissions_OtherSeller(t *testing.T) {
	s := newScene(t)
	huid, err := s.CreateUser(s.seller, broker.NewUser{Permissions: []string{broker.PermitPurchase}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Charge(s.seller, s.object, huid, 0); err != nil {
		t.Error(err)
	}
	user := s.buyer + 1
	second, err := s.AddSeller(broker.NewSeller{Username: "second", Password: "123", Balance: 1})
	if err != nil {
		t.Fatal(err)
	}
	object, err := s.CreateObject(second, broker.Description{Name: "x", URL: "http://localhost/"})
	if err != nil {
		t.Fatal(err)
	}
	order, err := s.CreateOrder(second, object, broker.NewOrder{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Pay(user, order, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Verify(second, object, r.Token)
	if err != nil || p.HUID == "" || p.HUID == huid {
		t.Fatalf("got %+v, %v", p, err)
	}
	if _, err := s.Charge(second, object, p.HUID, 0); !errors.Is(err, broker.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

// A refused step changes nothing, but the deadlines that it settled stay settled.
func TestRefusal_SettledDeadlines(t *testing.T) {
	s := newScene(t)
	r := s.pay(t)
	s.now = s.now.Add(time.Hour)
	if _, err := s.Reward(s.seller, "0", 1, ""); !errors.Is(err, broker.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	s.now = s.now.Add(-time.Hour)
	if _, err := s.Verify(s.seller, s.object, r.Token); !errors.Is(err, broker.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden: the purchase was refunded", err)
	}
	if got, err := s.Balance(s.buyer); err != nil || got != 1000 {
		t.Errorf("the buyer holds %v, %v; want 1000", got, err)
	}
	// AddBuyer with a refused deposit adds no account.
	if _, err := s.AddBuyer("Bob", -1); !errors.Is(err, broker.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := s.Balance(s.buyer + 1); !errors.Is(err, broker.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
