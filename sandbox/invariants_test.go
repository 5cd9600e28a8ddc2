package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/vingd/vingd-api-go/vingd"
)

// An invariant holds in every state. If neither the API nor [sandbox.Sandbox.Check] shows it, holds is nil.
type invariant struct {
	says  string
	holds func(*stage, *view) error
}

// invariants returns the eleven invariants of the ledger.
func invariants() []invariant {
	return []invariant{
		{"all accounts add up to zero, and so does every transfer", addsUp},
		{"no account but the mint is below zero", notBelowZero},
		{"the reserve holds the money of open purchases and vouchers", reserveIsOpen},
		{"a purchase is in one state, and ends once", purchaseEndsOnce},
		{"a commit pays once, by the purchase's own transfer only", commitPaysOnce},
		{"a token is verified at most once", verifiedOnce},
		{"a voucher ends once and is refunded once, and a user redeems one of a group", voucherEndsOnce},
		{"orders, purchases and vouchers end at their deadlines", deadlinesAreMet},
		{"a buyer has one huid for a seller, and a different one for another", huidsDiffer},
		{"the log has an entry for each transition, and the transfers replay to the balances", replays},
		{"a file keeps acknowledged changes when the process is killed", nil}, // the broker's TestCrash kills processes
	}
}

// addsUp calls Check, which adds up the accounts. A transfer has one amount for both sides, so that it always adds up.
func addsUp(st *stage, _ *view) error { return st.sandbox.Check() }

func notBelowZero(_ *stage, seen *view) error {
	for uid, held := range seen.held {
		if held < 0 {
			return fmt.Errorf("account %d holds %d", uid, held)
		}
	}
	return nil
}

// reserveIsOpen compares the money missing from the accounts, of all that was issued to them, with the open reservations.
func reserveIsOpen(st *stage, seen *view) error {
	missing := st.model.issued
	for _, held := range seen.held {
		missing -= held
	}
	var open vingd.Cents
	for _, p := range st.sold() {
		if p.state == "reserved" {
			open += p.order.price
		}
	}
	for _, vouchers := range seen.vouchers {
		for _, v := range vouchers {
			open += v.Allocated
		}
	}
	if missing != open {
		return fmt.Errorf("%d cents are on no account, %d are reserved", missing, open)
	}
	return nil
}

func purchaseEndsOnce(st *stage, seen *view) error {
	for i, before := range st.before.purchases {
		if after := st.model.purchases[i]; before.state != "reserved" && after.state != before.state {
			return fmt.Errorf("a purchase was %s, and is %s", before.state, after.state)
		}
	}
	for _, b := range st.buyers { // a buyer's money is on the account, or in purchases that were not refunded
		must := statesPurse
		for _, p := range st.sold() {
			if p.buyer == b.UID() && p.state != "refunded" {
				must -= p.order.price
			}
		}
		for _, v := range seen.vouchers[st.sellers[0].uid] {
			if v.To == b.UID() {
				must += v.Amount
			}
		}
		if seen.held[b.UID()] != must {
			return fmt.Errorf("%s holds %d, must be %d", b.Name(), seen.held[b.UID()], must)
		}
	}
	return nil
}

func commitPaysOnce(st *stage, seen *view) error {
	paid := make(map[vingd.PurchaseID]int)
	for _, t := range seen.transfers[st.sellers[0].uid] {
		if t.Class != vingd.TransferPurchase {
			continue
		}
		var note struct{ PurchaseID vingd.PurchaseID }
		if err := json.Unmarshal([]byte(t.Description), &note); err != nil {
			return err
		}
		paid[note.PurchaseID]++
	}
	committed := 0
	for _, p := range st.sold() {
		if p.state != "committed" {
			continue
		}
		committed++
		if n := paid[p.verified.ID]; n != 1 {
			return fmt.Errorf("purchase %d was paid %d times", p.verified.ID, n)
		}
	}
	if len(paid) != committed {
		return fmt.Errorf("%d purchases are committed, and %d were paid", committed, len(paid))
	}
	return nil
}

func verifiedOnce(st *stage, _ *view) error {
	for _, p := range st.model.purchases {
		n := st.counter.verified[p.token]
		if n > 1 || (n == 1) != (p.verified != nil) {
			return fmt.Errorf("token %s was verified %d times", p.token, n)
		}
	}
	return nil
}

func voucherEndsOnce(st *stage, seen *view) error {
	seller := st.sellers[0].uid
	ends := make(map[vingd.VoucherCode]vingd.VoucherAction)
	for _, e := range seen.log[seller] {
		if e.Action == vingd.VoucherActionAdd {
			continue
		}
		if before, ok := ends[e.Voucher.Code]; ok {
			return fmt.Errorf("voucher %s ended twice, by %s and %s", e.Voucher.Code, before, e.Action)
		}
		ends[e.Voucher.Code] = e.Action
	}
	redeemed := make(map[vingd.UID]bool)
	for _, v := range seen.vouchers[seller] {
		end, ended := ends[v.Code]
		if ended != (v.Allocated == 0) || (end == vingd.VoucherActionUse) != (v.To != 0) {
			return fmt.Errorf("voucher %+v ended by %q", v, end)
		}
		if v.To != 0 && redeemed[v.To] {
			return fmt.Errorf("user %d redeemed two of a group", v.To)
		}
		redeemed[v.To] = true
		if n := st.counter.refunded[v.Code]; n > 1 || (n == 1) != (end == vingd.VoucherActionRevoke) {
			return fmt.Errorf("voucher %s was refunded %d times, and ended by %q", v.Code, n, end)
		}
	}
	return nil
}

// deadlinesAreMet checks what the API returns. The model checks the deadlines of purchases.
func deadlinesAreMet(st *stage, seen *view) error {
	now := st.clock.Now()
	for _, o := range seen.orders {
		if !now.Before(o.Expires) {
			return fmt.Errorf("order %d lives at %v", o.ID, now)
		}
	}
	for _, v := range seen.vouchers[st.sellers[0].uid] {
		if v.Allocated != 0 && !now.Before(v.ValidUntil) {
			return fmt.Errorf("voucher %s is open at %v", v.Code, now)
		}
	}
	for _, e := range seen.log[st.sellers[0].uid] {
		over := !e.Time.Before(e.Voucher.ValidUntil)
		if over != (e.Action == vingd.VoucherActionExpire) {
			return fmt.Errorf("voucher %s of until %v: %s at %v", e.Voucher.Code, e.Voucher.ValidUntil, e.Action, e.Time)
		}
	}
	return nil
}

func huidsDiffer(st *stage, _ *view) error {
	type pair struct{ seller, user vingd.UID }
	huids := make(map[pair]vingd.HUID)
	for huid, who := range st.model.known {
		if other, ok := huids[pair{who.seller, who.user}]; ok {
			return fmt.Errorf("user %d is %s and %s", who.user, huid, other)
		}
		huids[pair{who.seller, who.user}] = huid
	}
	for _, p := range st.sold() {
		if p.verified != nil && huids[pair{p.order.seller, p.buyer}] != p.verified.Buyer {
			return fmt.Errorf("purchase %+v is not by %s", *p.verified, huids[pair{p.order.seller, p.buyer}])
		}
	}
	return nil
}

func replays(st *stage, seen *view) error {
	for _, a := range st.sellers {
		var held vingd.Cents
		for _, t := range seen.transfers[a.uid] {
			if t.To == a.uid {
				held += t.Amount
			} else {
				held -= t.Amount
			}
		}
		if held != seen.held[a.uid] {
			return fmt.Errorf("account %d holds %d, its transfers give %d", a.uid, seen.held[a.uid], held)
		}
		entries := len(seen.vouchers[a.uid])
		for _, v := range seen.vouchers[a.uid] {
			if v.Allocated == 0 {
				entries++
			}
		}
		if len(seen.log[a.uid]) != entries {
			return fmt.Errorf("the log of %d has %d entries, must be %d", a.uid, len(seen.log[a.uid]), entries)
		}
	}
	return nil
}

// A counter is a transport that calls a handler, and counts verifications and refunds in its responses.
type counter struct {
	next     http.RoundTripper
	verified map[vingd.TokenID]int
	refunded map[vingd.VoucherCode]int
}

func newCounter(handler http.Handler) *counter {
	return &counter{direct{handler}, make(map[vingd.TokenID]int), make(map[vingd.VoucherCode]int)}
}

func (w *counter) client() *http.Client { return &http.Client{Transport: w} }

func (w *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	if _, token, ok := strings.Cut(request.URL.Path, "/tokens/"); ok {
		w.verified[vingd.TokenID(token)]++
	}
	if request.Method != http.MethodDelete {
		return response, nil
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	var revoked struct {
		Data map[vingd.VoucherCode]vingd.TransferID
	}
	if err := json.Unmarshal(body, &revoked); err != nil {
		return nil, err
	}
	for code := range revoked.Data {
		w.refunded[code]++
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}
