package modeltest_test

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"pgregory.net/rapid"
)

// compareClock compares the response of a control for the clock.
func (w *world) compareClock(t *rapid.T, r response) {
	t.Helper()
	var clock struct {
		Now   time.Time
		Ahead string
	}
	must(t, controlOK(r, &clock))
	if ahead, err := time.ParseDuration(clock.Ahead); err != nil || ahead != w.m.ahead || !clock.Now.Equal(w.m.now) {
		t.Fatalf("%v, want %v, ahead %v (%v)", r, w.m.now, w.m.ahead, err)
	}
}

func (w *world) advance(t *rapid.T) {
	d := choose(t, "by", time.Microsecond, time.Second, time.Second, time.Minute, time.Minute, time.Minute, 5*time.Minute, 14*time.Minute+59*time.Second, 15*time.Minute,
		time.Hour, 0)
	var due []time.Duration
	for _, p := range w.m.purchases {
		if p.state == reserved {
			due = append(due, p.due.Sub(w.m.now))
		}
	}
	for _, v := range w.m.vouchers {
		if v.state == reserved && v.until.Year() < 9999 {
			due = append(due, v.until.Sub(w.m.now))
		}
	}
	for _, o := range w.m.orders {
		if o.expires.After(w.m.now) && o.expires.Year() < 9999 {
			due = append(due, o.expires.Sub(w.m.now))
		}
	}
	if len(due) > 0 && oneIn(t, "to the edge", 3) {
		// Mostly the nearest one, so that not everything is over.
		if slices.Sort(due); !oneIn(t, "any", 5) {
			due = due[:1]
		}
		d = max(0, sampled(due).Draw(t, "edge")+choose(t, "around", 0, -time.Microsecond, time.Microsecond))
	}
	if oneIn(t, "back", 20) {
		must(t, w.control("POST", "clock", row{"advance": "-1s"}).refused(http.StatusBadRequest))
		return
	}
	r := w.control("POST", "clock", row{"advance": d.String()})
	w.m.advance(d)
	w.compareClock(t, r)
	w.count("op advance")
}

func (w *world) readClock(t *rapid.T) { w.compareClock(t, w.control("GET", "clock", nil)) }

// bury keeps the secrets of the rows that will be deleted, unless the model that follows has them too.
func (w *world) bury(next *model) {
	for _, p := range w.m.purchases {
		if p.tid != "" && !slices.ContainsFunc(next.purchases, func(q purchase) bool { return q.tid == p.tid }) {
			w.deadTokens = append(w.deadTokens, p.tid)
		}
	}
	for _, v := range w.m.vouchers {
		if !slices.ContainsFunc(next.vouchers, func(x voucher) bool { return x.code == v.code }) {
			w.deadCodes = append(w.deadCodes, v.code)
		}
	}
	for who, huid := range w.m.huids {
		if next.huids[who] != huid && !next.knows(who) {
			w.deadHUIDs = append(w.deadHUIDs, huid)
		}
	}
	slices.Sort(w.deadHUIDs)
	// A few are enough.
	w.deadTokens, w.deadCodes, w.deadHUIDs = lastOf(w.deadTokens), lastOf(w.deadCodes), lastOf(w.deadHUIDs)
	w.m = next
}

// knows reports whether a user has a number for the seller, which the seller may not have seen yet.
func (m *model) knows(who pair) bool {
	_, granted := m.grants[who]
	return granted || slices.ContainsFunc(m.purchases, func(p purchase) bool {
		return !p.anonymous && p.buyer == who.user && m.objects[p.object].owner == who.seller
	})
}

func lastOf(list []string) []string { return list[max(0, len(list)-5):] }

func (w *world) reset(t *rapid.T) {
	r := w.control("POST", "reset", nil)
	w.bury(newModel())
	w.compareClock(t, r)
	w.bindFixtures(t)
	w.count("op reset")
}

// bindFixtures takes the ids of the fixtures. They are the same after each reset.
func (w *world) bindFixtures(t *rapid.T) {
	bind := func(key string, id int64) int64 {
		if known, has := w.first[key]; has && known != id {
			t.Fatalf("%s has the id %d: want %d, as after the last reset", key, id, known)
		}
		w.first[key] = id
		return id
	}
	for i := range w.m.accounts {
		if a := &w.m.accounts[i]; a.username != "" {
			var profile struct{ UID int64 }
			must(t, loosely(w.ask(i, "GET", "id/users", nil), &profile))
			a.uid = bind(a.username, profile.UID)
		}
	}
	var list struct {
		Buyers []struct {
			UID, Balance int64
			Name         string
		}
	}
	must(t, controlOK(w.control("GET", "buyers", nil), &list))
	for _, buyer := range list.Buyers {
		for i := range w.m.accounts {
			if a := &w.m.accounts[i]; a.username == "" && a.name == buyer.Name {
				a.uid = bind(a.name, buyer.UID)
			}
		}
	}
	var objects []struct{ OID int64 }
	must(t, loosely(w.ask(0, "GET", "registry/objects", nil), &objects))
	w.m.objects[0].oid = bind("object", objects[0].OID)
	var orders []struct{ ID int64 }
	must(t, loosely(w.ask(0, "GET", "orders", nil), &orders))
	w.m.orders[0].id = bind("order", orders[0].ID)
}

func (w *world) restart(t *rapid.T) {
	if choose(t, "kill", false, true) {
		must(t, w.kill())
		w.count("op kill")
	} else {
		must(t, w.stop())
		w.count("op stop")
	}
	must(t, w.start())
}

func (w *world) saveFile(t *rapid.T) {
	to, err := w.save()
	must(t, err)
	w.saved = append(w.saved, snapshot{to, w.m.clone()})
	w.saved = w.saved[max(0, len(w.saved)-3):]
	w.count("op save")
}

func (w *world) restore(t *rapid.T) {
	if len(w.saved) == 0 {
		w.saveFile(t)
	}
	from := sampled(w.saved).Draw(t, "save")
	if err := sandbox.RestoreFile(w.file, from.file); err == nil {
		t.Fatal("a file was restored under a running sandbox")
	}
	must(t, w.stop())
	must(t, sandbox.RestoreFile(w.file, from.file))
	w.bury(from.m.clone())
	must(t, w.start())
	w.compareAll(t)
	w.count("op restore")
}

func (w *world) deposit(t *rapid.T) {
	uid, i := w.anyUID(t)
	amount := choose[int64](t, "amount", 1, 100, 5000, 0, -1, 9007199254740992)
	r := w.control("POST", "deposits", row{"uid": uid, "amount": amount})
	w.count("op deposit")
	var refusals []int
	if i < 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if amount < 1 || amount > 9007199254740991 {
		refusals = append(refusals, http.StatusBadRequest)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	w.m.transfer(mint, i, amount, 5, w.m.now)
	w.compareBuyer(t, r, i)
}

func (w *world) compareBuyer(t *rapid.T, r response, i int) {
	t.Helper()
	var got row
	must(t, controlOK(r, &got))
	if err := difference([]string{text(got)}, []string{w.m.buyerRow(i)}); err != nil {
		t.Fatalf("%v: %v", r.call, err)
	}
}

func (m *model) buyerRow(i int) string {
	a := m.accounts[i]
	return text(row{"uid": a.uid, "name": a.name, "balance": a.balance})
}

func (w *world) addBuyer(t *rapid.T) {
	name, balance := choose(t, "name", "Dora", "Žana 日本"), choose[int64](t, "balance", 0, 10, 700, -1)
	r := w.control("POST", "buyers", row{"name": name, "balance": balance})
	w.count("op addBuyer")
	if balance < 0 {
		w.refusal(t, r, http.StatusBadRequest)
		return
	}
	var made struct {
		UID, Balance int64
		Name         string
	}
	must(t, controlOK(r, &made))
	fresh(t, "account", made.UID, w.m.accounts, func(a account) int64 { return a.uid })
	i := w.m.addAccount(account{name: name, balance: balance})
	w.m.accounts[i].uid = made.UID
	w.compareBuyer(t, r, i)
}

func (w *world) getBuyer(t *rapid.T) {
	uid, i := w.anyUID(t)
	r := w.control("GET", fmt.Sprintf("buyers/%d", uid), nil)
	switch {
	case i < 0:
		w.refusal(t, r, http.StatusNotFound)
	case w.m.accounts[i].username != "":
		w.refusal(t, r, http.StatusForbidden)
	default:
		w.compareBuyer(t, r, i)
	}
}

// addFixtures adds a buyer, an object with an order and a voucher in one call, or nothing if one of them is refused.
func (w *world) addFixtures(t *rapid.T) {
	seller := w.client(t)
	about, name := description(t)
	amount := choose[int64](t, "amount", 0, 20, 1000000)
	body := row{
		"buyers":   []row{{"name": "Eve", "balance": 40}},
		"objects":  []row{{"seller": w.m.accounts[seller].username, "description": parsed(about), "orders": []row{{"price": 7, "expires_in": "2h"}, {"price": 8}}}},
		"vouchers": []row{{"seller": w.m.accounts[seller].username, "amount": amount, "gid": "spring", "message": "Hi"}},
	}
	taken := oneIn(t, "taken", 6)
	if taken {
		body["sellers"] = []row{{"username": "b@example.com"}}
	}
	r := w.control("POST", "fixtures", body)
	w.count("op addFixtures")
	var refusals []int
	if taken {
		refusals = append(refusals, http.StatusConflict)
	}
	if amount > w.m.accounts[seller].balance {
		refusals = append(refusals, http.StatusPaymentRequired)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	var made struct {
		Sellers, Buyers []int64
		Objects         []struct {
			OID    int64
			Orders []int64
		}
		Vouchers []string
	}
	must(t, controlOK(r, &made))
	if len(made.Sellers) != 0 || len(made.Buyers) != 1 || len(made.Objects) != 1 || len(made.Objects[0].Orders) != 2 || len(made.Vouchers) != 1 {
		t.Fatalf("%v, want a buyer, an object with two orders and a voucher", r)
	}
	fresh(t, "account", made.Buyers[0], w.m.accounts, func(a account) int64 { return a.uid })
	w.m.accounts[w.m.addAccount(account{name: "Eve", balance: 40})].uid = made.Buyers[0]
	fresh(t, "object", made.Objects[0].OID, w.m.objects, func(o object) int64 { return o.oid })
	w.m.objects = append(w.m.objects, object{oid: made.Objects[0].OID, owner: seller, description: about, name: name, created: w.m.now, modified: w.m.now})
	for i, id := range made.Objects[0].Orders {
		fresh(t, "order", id, w.m.orders, func(o order) int64 { return o.id })
		w.m.orders = append(w.m.orders, order{
			id: id, object: len(w.m.objects) - 1, price: []int64{7, 8}[i], created: w.m.now,
			expires: w.m.now.Add([]time.Duration{2 * time.Hour, 15 * time.Minute}[i]),
		})
	}
	freshSecret(t, "code", made.Vouchers[0], w.codes())
	v := voucher{code: made.Vouchers[0], owner: seller, amount: amount, gid: "spring", message: "Hi", created: w.m.now, until: w.m.now.Add(7 * 24 * time.Hour), to: -1}
	shown := struct {
		VID      int64 `json:"vid"`
		Transfer int64 `json:"id_fort_transfer"`
	}{}
	if w.m.has(seller, "voucher.get") {
		must(t, loosely(w.ask(seller, "GET", "vouchers/"+v.code, nil), &shown))
		fresh(t, "voucher", shown.VID, w.m.vouchers, func(v voucher) int64 { return v.vid })
		v.vid, v.transfer = shown.VID, shown.Transfer
	}
	w.m.vouchers = append(w.m.vouchers, v)
	x := w.m.transfer(seller, escrow, amount, 9, w.m.now)
	w.m.transfers[x].id = v.transfer
	w.m.log = append(w.m.log, entry{action: "add", voucher: len(w.m.vouchers) - 1, at: w.m.now, transfer: v.transfer})
}

// compareAll compares every list and every balance.
func (w *world) compareAll(t *rapid.T) {
	w.count("op compareAll")
	w.readClock(t)
	must(t, controlOK(w.control("GET", "check", nil), nil))
	var buyers []string
	for i := len(w.m.accounts) - 1; i >= 0; i-- {
		if w.m.accounts[i].username == "" {
			buyers = append(buyers, w.m.buyerRow(i))
		}
	}
	var list struct{ Buyers []row }
	must(t, controlOK(w.control("GET", "buyers", nil), &list))
	got := make([]string, len(list.Buyers))
	for i := range got {
		got[i] = text(list.Buyers[i])
	}
	if err := difference(got, buyers); err != nil {
		t.Fatalf("the buyers: %v", err)
	}
	for i, a := range w.m.accounts {
		if a.username == "" {
			continue
		}
		w.sameRow(t, w.ask(i, "GET", "fort/accounts", nil), text(row{"uid": a.uid, "balance": a.balance}), canonical)
		w.sameRows(t, w.ask(i, "GET", "registry/objects", nil), rowsOf(w.objectsOf(i), w.m.objectRow), canonical)
		w.sameRows(t, w.ask(i, "GET", "orders", nil), rowsOf(w.ordersOf(i, -1, false), w.m.orderRow), canonicalOrder)
		w.sameRows(t, w.ask(i, "GET", "orders/all", nil), rowsOf(w.ordersOf(i, -1, true), w.m.orderRow), canonicalOrder)
		w.compareTransfers(t, i, "from")
		w.compareTransfers(t, i, "to")
		if w.m.has(i, "voucher.get") {
			rows := w.vouchersOf(i)
			slices.SortFunc(rows, func(a, b int) int {
				if w.m.vouchers[a].code < w.m.vouchers[b].code {
					return -1
				}
				return 1
			})
			w.sameRows(t, w.ask(i, "GET", "vouchers", nil), rowsOf(rows, w.m.voucherRow), canonical)
		}
		if w.m.has(i, "voucher.history") {
			w.bindLog(t, i)
			rows := w.entriesOf(i)
			slices.SortFunc(rows, func(a, b int) int { return int(w.m.log[a].id - w.m.log[b].id) })
			w.sameRows(t, w.ask(i, "GET", "vouchers/history", nil), rowsOf(rows, w.m.entryRow), canonical)
		}
	}
}
