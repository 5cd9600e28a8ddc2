package sandbox_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// pairs returns how often two race over the wire: less on a file, where each step waits for the disk.
func pairs(t *testing.T) int {
	t.Helper()
	n := 10
	if !onFile() {
		n = rounds(t, pairRounds)
	}
	t.Logf("%d rounds of 2, one winner in each", n)
	return n
}

// race runs attempt twice at once, and fails the test unless it succeeds exactly once.
func race(t *testing.T, attempt func() bool) {
	t.Helper()
	var won atomic.Int32
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for range 2 {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			if attempt() {
				won.Add(1)
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d of 2 won, want exactly one", won.Load())
	}
}

// attempt makes a call over the wire, and reports whether it succeeded. When it did not, it must have been refused with this status.
func (w *world) attempt(method, path string, body any, refused int) bool {
	a := w.call(method, path, body)
	if a.status != http.StatusOK && a.status != refused {
		w.t.Errorf("%s: got %d %s, want 200 or %d", a.call, a.status, a.raw, refused)
	}
	return a.status == http.StatusOK
}

func TestRaceForOneToken(t *testing.T) {
	w, n := newWorld(t), pairs(t)
	ann, order := w.buyer("Ann", vingd.Cents(n)), w.order(w.object(), 1)
	for range n {
		token := w.pay(ann, order)
		race(t, func() bool { return w.attempt("GET", token, nil, http.StatusForbidden) })
	}
}

func TestRaceForOneVoucher(t *testing.T) {
	w, n := newWorld(t), pairs(t)
	ann, bob := w.buyer("Ann", 0), w.buyer("Bob", 0)
	for range n {
		code := vingd.VoucherCode(w.voucher(1, nil).VIDEncoded)
		var turn atomic.Int32
		race(t, func() bool {
			b := []*sandbox.Buyer{ann, bob}[turn.Add(1)-1]
			_, err := b.Redeem(code)
			return err == nil
		})
	}
	if got := ann.Balance() + bob.Balance(); got != vingd.Cents(n) {
		t.Errorf("the buyers hold %v, want %v", got, vingd.Cents(n))
	}
}

// Who redeems and who revokes: one of them.
func TestRaceOfRedemptionAndRevocation(t *testing.T) {
	w, n := newWorld(t), pairs(t)
	ann := w.buyer("Ann", 0)
	for range n {
		code := w.voucher(1, nil).VIDEncoded
		var turn atomic.Int32
		race(t, func() bool {
			if turn.Add(1) == 1 {
				_, err := ann.Redeem(vingd.VoucherCode(code))
				return err == nil
			}
			return len(revoke(w, "vouchers/"+code)) == 1
		})
	}
}

func TestRaceForOneOfAGroup(t *testing.T) {
	w, n := newWorld(t), pairs(t)
	ann := w.buyer("Ann", 0)
	for i := range n {
		group := fmt.Sprintf("g%d", i)
		codes := []string{w.voucher(1, group).VIDEncoded, w.voucher(1, group).VIDEncoded}
		var turn atomic.Int32
		race(t, func() bool {
			_, err := ann.Redeem(vingd.VoucherCode(codes[turn.Add(1)-1]))
			return err == nil
		})
	}
	holds(t, ann, vingd.Cents(n))
}

// The last cent of a buyer goes for one order, and the last cent of a seller in one reward, which is the buyer's next.
func TestRaceForTheLastCent(t *testing.T) {
	w, n := newWorld(t), pairs(t)
	ann, order := w.buyer("Ann", 1), w.order(w.object(), 1)
	uid, err := w.AddSeller(sandbox.Seller{Username: "poor", Password: "123", Balance: 1})
	if err != nil {
		t.Fatal(err)
	}
	poor := w.as("poor", digest)
	huid := *as[purchase](poor.call("GET", poor.pay(ann, poor.order(poor.object(), 0)), nil)).HUID
	for range n {
		race(t, func() bool {
			_, err := ann.Pay(order)
			return err == nil
		})
		race(t, func() bool {
			body := map[string]any{"huid_to": huid, "amount": 1, "description": nil}
			return poor.attempt("POST", "rewards", body, http.StatusPaymentRequired)
		})
		if err := w.Deposit(uid, 1); err != nil {
			t.Fatal(err)
		}
	}
}
