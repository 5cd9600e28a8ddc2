package modeltest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// anyBuyer draws an account for the controls of buyers: mostly a buyer, sometimes a seller or a missing account.
func (w *world) anyBuyer(t *rapid.T) (int64, int) {
	if oneIn(t, "odd", 12) {
		return w.anyUID(t)
	}
	var buyers []int
	for i, a := range w.m.accounts {
		if a.username == "" && a.uid > 0 {
			buyers = append(buyers, i)
		}
	}
	i := sampled(buyers).Draw(t, "buyer")
	return w.m.accounts[i].uid, i
}

func (w *world) pay(t *rapid.T) {
	uid, buyer := w.anyBuyer(t)
	id, i := int64(987654321), -1
	live := slices.DeleteFunc(indexes(len(w.m.orders)), func(i int) bool { return !w.m.orders[i].expires.After(w.m.now) || w.m.orders[i].price > 5000 })
	if len(live) > 0 && !oneIn(t, "any order", 6) {
		i = sampled(live).Draw(t, "order")
	} else if !oneIn(t, "unknown", 6) {
		i = sampled(indexes(len(w.m.orders))).Draw(t, "order")
	}
	if i >= 0 {
		id = w.m.orders[i].id
	}
	anonymous := choose(t, "anonymous", false, true)
	r := w.control("POST", fmt.Sprintf("buyers/%d/pay", uid), row{"order": id, "anonymously": anonymous})
	w.count("op pay")
	var refusals []int
	if buyer < 0 || i < 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if buyer >= 0 && w.m.accounts[buyer].username != "" {
		refusals = append(refusals, http.StatusForbidden)
	}
	if i >= 0 && !w.m.orders[i].expires.After(w.m.now) {
		refusals = append(refusals, http.StatusGone)
	}
	if i >= 0 && buyer >= 0 && w.m.accounts[buyer].balance < w.m.orders[i].price {
		refusals = append(refusals, http.StatusPaymentRequired)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	order := w.m.orders[i]
	object := w.m.objects[order.object]
	var paid struct {
		OID, TID, Return string
		Context          any
	}
	must(t, controlOK(r, &paid))
	if paid.OID != fmt.Sprint(object.oid) || paid.Context != order.context || !isHex(paid.TID) {
		t.Fatalf("%v, want oid %d, context %v and a token", r, object.oid, order.context)
	}
	back, err := url.Parse(paid.Return)
	must(t, err)
	to, err := url.Parse(parsed(object.description).(map[string]any)["url"].(string))
	must(t, err)
	query := back.Query()
	if back.Host != to.Host || back.Path != to.Path || query.Get("oid") != paid.OID || query.Get("tid") != paid.TID ||
		query.Get("a") != to.Query().Get("a") || text(parsed(query.Get("token"))) != text(row{"oid": paid.OID, "tid": paid.TID}) {
		t.Fatalf("%v, want the address %s with oid, tid and token", r, to)
	}
	w.count("paid")
	freshSecret(t, "token", paid.TID, w.tokens())
	w.m.transfer(buyer, escrow, order.price, 1, w.m.now)
	w.m.purchases = append(w.m.purchases, purchase{
		order: i, object: order.object, buyer: buyer, anonymous: anonymous, name: object.name, price: order.price, tid: paid.TID,
		due: w.m.now.Add(15 * time.Minute),
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func (w *world) tokens() []string {
	known := slices.Clone(w.deadTokens)
	for _, p := range w.m.purchases {
		known = append(known, p.tid)
	}
	return known
}

// eitherCase writes hexadecimal digits in lower or upper case.
func eitherCase(t *rapid.T, hex string) string {
	if choose(t, "upper case", false, true) {
		return strings.ToUpper(hex)
	}
	return hex
}

func (m *model) purchaseRow(i int) string {
	p := m.purchases[i]
	r := row{"object": p.name, "huid": nil, "context": nil, "orderid": nil, "purchaseid": p.id, "transferid": p.transfer, "reclaimed": false}
	if p.order >= 0 {
		r["context"], r["orderid"] = m.orders[p.order].context, m.orders[p.order].id
	}
	if !p.anonymous {
		r["huid"] = m.huids[pair{m.objects[p.object].owner, p.buyer}]
	}
	return text(r)
}

// bindPurchase takes the ids from a response that shows a purchase for the first time.
func (w *world) bindPurchase(t *rapid.T, r response, i int) {
	var shown struct {
		HUID                   string
		PurchaseID, TransferID int64
	}
	must(t, loosely(r, &shown))
	p := &w.m.purchases[i]
	fresh(t, "purchase", shown.PurchaseID, w.m.purchases, func(p purchase) int64 { return p.id })
	fresh(t, "transfer", shown.TransferID, w.m.transfers, func(x transfer) int64 { return x.id })
	p.id, p.transfer = shown.PurchaseID, shown.TransferID
	if !p.anonymous {
		w.bindHUID(t, pair{w.m.objects[p.object].owner, p.buyer}, shown.HUID)
	}
	w.sameRow(t, r, w.m.purchaseRow(i), canonical)
}

// bindHUID takes the number of a user as a seller sees it. It is the same each time, and belongs to that user alone.
func (w *world) bindHUID(t *rapid.T, who pair, huid string) {
	if !isHex(huid) {
		t.Fatalf("huid %q: want up to 40 hexadecimal digits", huid)
	}
	for other, known := range w.m.huids {
		if known == huid && other != who {
			t.Fatalf("huid %s is that of user %d of seller %d and that of user %d of seller %d", huid, other.user, other.seller, who.user, who.seller)
		}
	}
	if known, has := w.m.huids[who]; has && known != huid {
		t.Fatalf("huid %s: want %s, by which the seller knows the user", huid, known)
	}
	w.m.huids[who] = huid
}

func (w *world) purchasesWith(holds func(purchase) bool) []int {
	return slices.DeleteFunc(indexes(len(w.m.purchases)), func(i int) bool { return !holds(w.m.purchases[i]) })
}

// drawPurchase draws an open purchase and its seller. One time in anyOf it draws a known purchase, often with its seller. One time
// in noneOf of these it draws none, which is -1.
func (w *world) drawPurchase(t *rapid.T, open []int, anyOf int, known []int, noneOf int) (i, seller int) {
	seller = w.client(t)
	switch {
	case len(open) > 0 && !oneIn(t, "any purchase", anyOf):
		i = sampled(open).Draw(t, "purchase")
		return i, w.m.objects[w.m.purchases[i].object].owner
	case len(known) > 0 && !oneIn(t, "no purchase", noneOf):
		i = sampled(known).Draw(t, "purchase")
		if choose(t, "by the owner", true, true, false) {
			seller = w.m.objects[w.m.purchases[i].object].owner
		}
		return i, seller
	default:
		return -1, seller
	}
}

func (w *world) verify(t *rapid.T) {
	open := w.purchasesWith(func(p purchase) bool { return p.state == reserved && !p.verified })
	known := w.purchasesWith(func(p purchase) bool { return p.tid != "" })
	i, seller := w.drawPurchase(t, open, 4, known, 4)
	tid, oid := "", int64(0)
	if i < 0 {
		tid = choose(t, "token", append([]string{"abc", "0"}, w.deadTokens...)...)
	} else {
		tid, oid = w.m.purchases[i].tid, w.m.objects[w.m.purchases[i].object].oid
	}
	if i < 0 || oneIn(t, "other object", 10) {
		oid, _ = w.ownObject(t, seller)
	}
	r := w.call(t, seller, "verifyPurchase", "GET", fmt.Sprintf("objects/%d/tokens/%s", oid, eitherCase(t, tid)), nil)
	switch {
	case i < 0 || w.m.objects[w.m.purchases[i].object].oid != oid || w.m.objects[w.m.purchases[i].object].owner != seller:
		w.refusal(t, r, http.StatusNotFound)
		return
	case w.m.purchases[i].verified || w.m.purchases[i].state != reserved:
		w.refusal(t, r, http.StatusForbidden)
		return
	}
	if w.refusal(t, r) {
		return
	}
	w.m.purchases[i].verified = true
	w.count("verified")
	if !r.hidden {
		w.bindPurchase(t, r, i)
	}
}

func (w *world) commit(t *rapid.T) {
	open := w.purchasesWith(func(p purchase) bool { return p.id > 0 && p.state == reserved })
	known := w.purchasesWith(func(p purchase) bool { return p.id > 0 })
	i, seller := w.drawPurchase(t, open, 3, known, 6)
	id, transferID := int64(987654321), int64(987654321)
	if i >= 0 {
		id, transferID = w.m.purchases[i].id, w.m.purchases[i].transfer
	}
	switch choose(t, "transfer", 0, 0, 0, 0, 0, 0, 1, 2) {
	case 1:
		transferID = 987654321
	case 2:
		for _, x := range w.m.transfers {
			if x.id > 0 {
				transferID = x.id
			}
		}
	}
	r := w.call(t, seller, "commitPurchase", "PUT", fmt.Sprintf("purchases/%d", id), row{"transferid": transferID})
	var refusals []int
	if !w.m.has(seller, "type.business") {
		refusals = append(refusals, http.StatusForbidden)
	}
	if i < 0 || w.m.objects[w.m.purchases[i].object].owner != seller || transferID == 987654321 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if i >= 0 && (transferID != w.m.purchases[i].transfer && transferID != 987654321 || w.m.purchases[i].state == lapsed) {
		refusals = append(refusals, http.StatusConflict)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	if !r.hidden {
		var committed struct{ OK bool }
		if must(t, r.data(&committed)); !committed.OK {
			t.Fatalf("%v, want ok", r)
		}
	}
	if p := &w.m.purchases[i]; p.state == reserved {
		p.state = paidOut
		w.count("committed")
		x := w.m.transfer(escrow, seller, p.price, 1, w.m.now)
		w.m.transfers[x].object = p.object
	}
}

func byUser(a, b pair) int {
	return cmp.Or(cmp.Compare(a.seller, b.seller), cmp.Compare(a.user, b.user))
}

// anyHUID draws a user as the seller knows them. The index is -1 for a user whom the seller does not know.
func (w *world) anyHUID(t *rapid.T, seller int) (string, int) {
	var own, foreign []pair
	for who := range w.m.huids {
		if who.seller == seller {
			own = append(own, who)
		} else {
			foreign = append(foreign, who)
		}
	}
	slices.SortFunc(own, byUser)
	slices.SortFunc(foreign, byUser)
	switch {
	case len(own) > 0 && !oneIn(t, "unknown", 8):
		who := sampled(own).Draw(t, "user")
		return w.m.huids[who], who.user
	case len(foreign) > 0 && choose(t, "foreign", false, true):
		return w.m.huids[sampled(foreign).Draw(t, "user")], -1
	default:
		return choose(t, "huid", append([]string{"0", "abcdef"}, w.deadHUIDs...)...), -1
	}
}

func (w *world) purchaseObject(t *rapid.T) {
	seller := w.client(t)
	huid, user := w.anyHUID(t, seller)
	var granted []pair
	for who, grants := range w.m.grants {
		if slices.Contains(grants, "purchase.object") && w.m.huids[who] != "" {
			granted = append(granted, who)
		}
	}
	if len(granted) > 0 && !oneIn(t, "any user", 3) {
		slices.SortFunc(granted, byUser)
		who := sampled(granted).Draw(t, "user")
		seller, user, huid = who.seller, who.user, w.m.huids[who]
	}
	oid, object := w.ownObject(t, seller)
	price := choose[int64](t, "price", 0, 1, 30, 1000000)
	body := row{"price": price, "huid": eitherCase(t, huid), "autocommit": true}
	r := w.call(t, seller, "purchaseObject", "POST", fmt.Sprintf("objects/%d/purchases", oid), body)
	var refusals []int
	if !w.m.has(seller, "purchase.object.authorize") || user >= 0 && !slices.Contains(w.m.grants[pair{seller, user}], "purchase.object") {
		refusals = append(refusals, http.StatusForbidden)
	}
	if user < 0 || object < 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if user >= 0 && w.m.accounts[user].balance < price {
		refusals = append(refusals, http.StatusPaymentRequired)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	x := w.m.transfer(user, seller, price, 1, w.m.now)
	w.m.transfers[x].object = object
	w.m.purchases = append(w.m.purchases, purchase{
		order: -1, object: object, buyer: user, name: w.m.objects[object].name, price: price, verified: true, state: paidOut,
	})
	w.count("delegated")
	if !r.hidden {
		w.bindPurchase(t, r, len(w.m.purchases)-1)
		w.m.transfers[x].id = w.m.purchases[len(w.m.purchases)-1].transfer
	}
}

func (w *world) reward(t *rapid.T) {
	seller := w.client(t)
	huid, user := w.anyHUID(t, seller)
	amount := choose[int64](t, "amount", 0, 1, 75, 400, 1000000)
	var description any
	if d := choose(t, "description", "", "thanks", "日本 \"1\""); d != "" {
		description = d
	}
	body := row{"huid_to": eitherCase(t, huid), "amount": amount, "description": description}
	if oneIn(t, "invalid", 12) {
		body["amount"] = choose[any](t, "amount", -1, 0.5, "x", nil)
		must(t, w.ask(seller, "POST", "rewards", body).refused(http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound))
		return
	}
	r := w.call(t, seller, "rewardUser", "POST", "rewards", body)
	var refusals []int
	if !w.m.has(seller, "transfer.outbound") {
		refusals = append(refusals, http.StatusForbidden)
	}
	if user < 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if w.m.accounts[seller].balance < amount {
		refusals = append(refusals, http.StatusPaymentRequired)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	x := w.m.transfer(seller, user, amount, 6, w.m.now)
	w.m.transfers[x].message = description
	if !r.hidden {
		var made struct {
			ID int64 `json:"transfer_id"`
		}
		must(t, r.data(&made))
		fresh(t, "transfer", made.ID, w.m.transfers, func(x transfer) int64 { return x.id })
		w.m.transfers[x].id = made.ID
	}
}

func (w *world) createUser(t *rapid.T) {
	seller := w.client(t)
	grants := choose(t, "permissions", []string{"get.account.balance", "purchase.object"}, []string{"purchase.object"}, []string{"get.account.balance"}, nil)
	body := row{"identities": nil, "primary_identity": nil, "delegate_permissions": grants}
	switch choose(t, "identities", 0, 1, 2) {
	case 1:
		body["identities"] = []string{}
	case 2:
		body["identities"], body["primary_identity"] = row{"mail": fmt.Sprintf("u%d@example.com", len(w.m.accounts))}, "mail"
	}
	r := w.call(t, seller, "createUser", "POST", "id/users", body)
	if !w.m.has(seller, "user.create") {
		w.refusal(t, r, http.StatusForbidden)
		return
	}
	if w.refusal(t, r) {
		return
	}
	var list struct {
		Buyers []struct {
			UID, Balance int64
			Name         string
		}
	}
	must(t, controlOK(w.control("GET", "buyers", nil), &list))
	fresh(t, "account", list.Buyers[0].UID, w.m.accounts, func(a account) int64 { return a.uid })
	user := w.m.addAccount(account{name: list.Buyers[0].Name})
	w.m.accounts[user].uid = list.Buyers[0].UID
	who := pair{seller, user}
	w.m.grants[who] = grants
	if !r.hidden {
		var made struct{ HUID string }
		must(t, r.data(&made))
		w.bindHUID(t, who, made.HUID)
	}
}

func (w *world) readAccounts(t *rapid.T) {
	seller := w.client(t)
	mine := w.m.accounts[seller]
	profile := text(row{"uid": mine.uid, "username": mine.username, "name": mine.name, "timestamp_created": mine.created.UTC()})
	switch choose(t, "what", 0, 1, 2, 3, 4) {
	case 0:
		if r := w.call(t, seller, "getProfile", "GET", "id/users", nil); !w.refusal(t, r) {
			w.sameRow(t, r, profile, canonical)
		}
	case 1:
		uid, _ := w.anyUID(t)
		r := w.call(t, seller, "getUserProfile", "GET", fmt.Sprintf("id/users/%d", uid), nil)
		if uid != mine.uid {
			w.refusal(t, r, http.StatusForbidden)
		} else if !w.refusal(t, r) {
			w.sameRow(t, r, profile, canonical)
		}
	case 2:
		if r := w.call(t, seller, "getBalance", "GET", "fort/accounts", nil); !w.refusal(t, r) {
			w.sameRow(t, r, text(row{"uid": mine.uid, "balance": mine.balance}), canonical)
		}
	case 3:
		huid, user := w.anyHUID(t, seller)
		r := w.call(t, seller, "getUserBalance", "GET", "fort/accounts/"+eitherCase(t, huid), nil)
		switch {
		case user < 0:
			w.refusal(t, r, http.StatusNotFound)
		case !slices.Contains(w.m.grants[pair{seller, user}], "get.account.balance"):
			w.refusal(t, r, http.StatusForbidden)
		case !w.refusal(t, r):
			w.sameRow(t, r, text(row{"balance": w.m.accounts[user].balance}), canonical)
		}
	case 4:
		r := w.request(w.kept, choose(t, "login", "nobody@example.com", ""), "GET", "/broker/v1/fort/accounts", nil)
		must(t, r.refused(http.StatusUnauthorized, http.StatusForbidden))
	}
}
