package modeltest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

func (m *model) voucherFields(i int) row {
	v := m.vouchers[i]
	r := row{
		"vid": v.vid, "vid_encoded": v.code, "amount_allocated": nil, "amount_vouched": v.amount, "id_fort_transfer": nil, "fee": 0,
		"uid_from": m.accounts[v.owner].uid, "uid_proxy": 1, "uid_to": nil, "gid": v.gid, "ts_valid_until": v.until.UTC(),
		"description": v.description, "message": v.message,
	}
	if v.state == reserved {
		r["amount_allocated"], r["id_fort_transfer"] = v.amount, v.transfer
	}
	if v.to >= 0 {
		r["uid_to"] = m.accounts[v.to].uid
	}
	return r
}

func (m *model) voucherRow(i int) string { return text(m.voucherFields(i)) }

// entryRow returns an entry of the log, with the voucher as it was then.
func (m *model) entryRow(i int) string {
	e := m.log[i]
	v := m.vouchers[e.voucher]
	r := m.voucherFields(e.voucher)
	r["id"], r["action"], r["ts_created"], r["id_fort_transfer"] = e.id, e.action, e.at.UTC(), e.transfer
	r["amount_allocated"], r["uid_to"] = nil, nil
	switch e.action {
	case "add":
		r["amount_allocated"] = v.amount
	case "use":
		r["uid_to"] = m.accounts[v.to].uid
	}
	return text(r)
}

// codes returns every code that the sandbox has shown.
func (w *world) codes() []string {
	known := slices.Clone(w.deadCodes)
	for _, v := range w.m.vouchers {
		known = append(known, v.code)
	}
	return known
}

func (w *world) createVoucher(t *rapid.T) {
	seller := w.client(t)
	made := voucher{
		owner: seller, amount: choose[int64](t, "amount", 0, 1, 1, 20, 50, 50, 300, 1000000), until: w.expiry(t), created: w.m.now, to: -1,
		message: choose(t, "message", "", "Welcome!", "日本\t"),
	}
	body := row{"amount": made.amount, "until": bodyTime(t, made.until), "message": made.message, "gid": nil}
	if g := choose(t, "gid", "", "spring", "Spring", "-_9"); g != "" {
		made.gid, body["gid"] = g, g
	}
	if d := choose(t, "description", "", "a note"); d != "" {
		made.description, body["description"] = d, d
	}
	if oneIn(t, "invalid", 12) {
		if choose(t, "bad", 0, 1) == 0 {
			body["amount"] = choose[any](t, "amount", -1, 0.5, nil)
		} else {
			body["gid"] = choose(t, "gid", "a b", "123456789012345678901234567890123")
		}
		must(t, w.ask(seller, "POST", "vouchers/", body).refused(http.StatusBadRequest, http.StatusForbidden))
		return
	}
	r := w.call(t, seller, "createVoucher", "POST", "vouchers", body)
	var refusals []int
	if !w.m.has(seller, "voucher.add") {
		refusals = append(refusals, http.StatusForbidden)
	}
	if w.m.accounts[seller].balance < made.amount {
		refusals = append(refusals, http.StatusPaymentRequired)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	var shown struct {
		VID      int64  `json:"vid"`
		Code     string `json:"vid_encoded"`
		Transfer int64  `json:"id_fort_transfer"`
	}
	if r.hidden {
		var list []struct {
			VID      int64  `json:"vid"`
			Code     string `json:"vid_encoded"`
			Transfer int64  `json:"id_fort_transfer"`
		}
		must(t, loosely(w.ask(seller, "GET", "vouchers/history/action=add/last=1", nil), &list))
		shown = list[0]
	} else {
		must(t, loosely(r, &shown))
	}
	fresh(t, "voucher", shown.VID, w.m.vouchers, func(v voucher) int64 { return v.vid })
	fresh(t, "transfer", shown.Transfer, w.m.transfers, func(x transfer) int64 { return x.id })
	freshSecret(t, "code", shown.Code, w.codes())
	w.count("vouchers")
	made.vid, made.code, made.transfer = shown.VID, shown.Code, shown.Transfer
	w.m.vouchers = append(w.m.vouchers, made)
	i := len(w.m.vouchers) - 1
	w.sameRow(t, r, w.m.voucherRow(i), canonical)
	x := w.m.transfer(seller, escrow, made.amount, 9, w.m.now)
	w.m.transfers[x].id = made.transfer
	w.m.log = append(w.m.log, entry{action: "add", voucher: i, at: w.m.now, transfer: made.transfer})
	w.m.settle()
}

// anyCode draws the code of a voucher, mostly of the seller, as a person may write it. The index is -1 for another code.
func (w *world) anyCode(t *rapid.T, seller int) (string, int) {
	var own []int
	for i, v := range w.m.vouchers {
		if v.owner == seller || seller < 0 {
			own = append(own, i)
		}
	}
	var code string
	i := -1
	switch {
	case len(own) > 0 && !oneIn(t, "unknown", 8):
		i = sampled(own).Draw(t, "voucher")
		code = w.m.vouchers[i].code
	case len(w.m.vouchers) > 0 && choose(t, "foreign", false, true):
		i = sampled(indexes(len(w.m.vouchers))).Draw(t, "voucher")
		code = w.m.vouchers[i].code
		if w.m.vouchers[i].owner != seller && seller >= 0 {
			i = -1
		}
	default:
		code = choose(t, "code", append([]string{"AAAA", "1"}, w.deadCodes...)...)
	}
	switch choose(t, "writing", 0, 0, 1, 2) {
	case 1:
		code = strings.ToLower(code)
	case 2:
		code = strings.ReplaceAll(code, "-", "_")
	}
	return code, i
}

// voucherSpan draws the filters that vouchers and the log share.
func (w *world) voucherFilters(t *rapid.T, q *query) func(i, to int) bool {
	conditions := []func(i, to int) bool{}
	if oneIn(t, "from", 4) {
		uid, a := w.anyUID(t)
		q.add("from", fmt.Sprint(uid))
		conditions = append(conditions, func(i, _ int) bool { return w.m.vouchers[i].owner == a })
	}
	if oneIn(t, "to", 6) {
		uid, a := w.anyBuyer(t)
		q.add("to", fmt.Sprint(uid))
		conditions = append(conditions, func(_, to int) bool { return to >= 0 && to == a })
	}
	if oneIn(t, "gid", 4) {
		gid := choose(t, "gid", "spring", "Spring", "-_9", "other")
		q.add("gid", gid)
		conditions = append(conditions, func(i, _ int) bool { return w.m.vouchers[i].gid == gid })
	}
	s := w.span(t, q, "valid_after", "valid_before")
	return func(i, to int) bool {
		for _, holds := range conditions {
			if !holds(i, to) {
				return false
			}
		}
		return s.has(w.m.vouchers[i].until)
	}
}

// selectVouchers draws filters, and returns the vouchers that they select, in the order of the list.
func (w *world) selectVouchers(t *rapid.T, q *query) func(rows []int) []int {
	holds := w.voucherFilters(t, q)
	b := w.bounds(t, q)
	return func(rows []int) []int {
		rows = slices.DeleteFunc(rows, func(i int) bool { return !holds(i, w.m.vouchers[i].to) })
		if b == (bounds{}) {
			slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(w.m.vouchers[a].code, w.m.vouchers[b].code) })
			return rows
		}
		byTime(rows, func(i int) time.Time { return w.m.vouchers[i].created }, func(i int) int64 { return w.m.vouchers[i].vid })
		return cut(rows, b)
	}
}

func (w *world) vouchersOf(seller int) []int {
	return slices.DeleteFunc(indexes(len(w.m.vouchers)), func(i int) bool { return w.m.vouchers[i].owner != seller })
}

func (w *world) readVouchers(t *rapid.T) {
	seller := w.client(t)
	var q query
	if choose(t, "single", false, true) {
		code, i := w.anyCode(t, seller)
		filter := func(rows []int) []int { return rows }
		if oneIn(t, "filtered", 3) {
			filter = w.selectVouchers(t, &q)
		}
		r := w.call(t, seller, "getVoucher", "GET", q.path("vouchers/"+code), nil)
		var refusals []int
		if !w.m.has(seller, "voucher.get") {
			refusals = append(refusals, http.StatusForbidden)
		}
		if i < 0 || len(filter([]int{i})) == 0 {
			refusals = append(refusals, http.StatusNotFound)
		}
		if !w.refusal(t, r, refusals...) {
			w.sameRow(t, r, w.m.voucherRow(i), canonical)
		}
		return
	}
	filter := w.selectVouchers(t, &q)
	r := w.call(t, seller, "listVouchers", "GET", q.path("vouchers"), nil)
	if !w.m.has(seller, "voucher.get") {
		w.refusal(t, r, http.StatusForbidden)
	} else if !w.refusal(t, r) {
		w.sameRows(t, r, rowsOf(filter(w.vouchersOf(seller)), w.m.voucherRow), canonical)
	}
}

func (w *world) entriesOf(seller int) []int {
	return slices.DeleteFunc(indexes(len(w.m.log)), func(i int) bool { return w.m.vouchers[w.m.log[i].voucher].owner != seller })
}

// bindLog takes the ids of the entries that no response has shown yet from the whole log of a seller.
func (w *world) bindLog(t *rapid.T, seller int) {
	own := w.entriesOf(seller)
	if !slices.ContainsFunc(own, func(i int) bool { return w.m.log[i].id == 0 || w.m.log[i].transfer == 0 }) {
		return
	}
	var shown []struct {
		ID, VID  int64
		Action   string
		Transfer int64 `json:"id_fort_transfer"`
	}
	must(t, loosely(w.ask(seller, "GET", "vouchers/history", nil), &shown))
	for k := range shown {
		if k > 0 && shown[k].ID <= shown[k-1].ID {
			t.Fatalf("the log has entry %d behind entry %d", shown[k].ID, shown[k-1].ID)
		}
		for _, i := range own {
			e := &w.m.log[i]
			if e.action == shown[k].Action && w.m.vouchers[e.voucher].vid == shown[k].VID {
				if e.id == 0 {
					fresh(t, "entry", shown[k].ID, w.m.log, func(e entry) int64 { return e.id })
					e.id = shown[k].ID
				}
				if e.transfer == 0 {
					e.transfer = shown[k].Transfer
				}
			}
		}
	}
}

func (w *world) readLog(t *rapid.T) {
	seller := w.client(t)
	if w.m.has(seller, "voucher.history") {
		w.bindLog(t, seller)
	}
	base, code, of := "vouchers/history", "", -1
	var q query
	operation := "listVoucherHistory"
	single := choose(t, "single", false, true)
	if single {
		code, of = w.anyCode(t, seller)
		base, operation = base+"/"+code, "getVoucherHistory"
	}
	vid, action := int64(0), ""
	if oneIn(t, "vid", 5) {
		vids := []int64{987654321}
		for _, v := range w.m.vouchers {
			if v.vid > 0 {
				vids = append(vids, v.vid)
			}
		}
		vid = sampled(vids).Draw(t, "vid")
		q.add("vid", strconv.FormatInt(vid, 10))
	}
	if oneIn(t, "action", 3) {
		action = choose(t, "action", "add", "use", "revoke", "expire")
		q.add("action", action)
	}
	holds := w.voucherFilters(t, &q)
	s := w.span(t, &q, "create_after", "create_before")
	b := w.bounds(t, &q)
	r := w.call(t, seller, operation, "GET", q.path(base), nil)
	var refusals []int
	if !w.m.has(seller, "voucher.history") {
		refusals = append(refusals, http.StatusForbidden)
	}
	if single && of < 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	rows := slices.DeleteFunc(w.entriesOf(seller), func(i int) bool {
		e := w.m.log[i]
		to := -1
		if e.action == "use" {
			to = w.m.vouchers[e.voucher].to
		}
		return single && e.voucher != of || vid > 0 && w.m.vouchers[e.voucher].vid != vid || action != "" && e.action != action ||
			!holds(e.voucher, to) || !s.has(e.at)
	})
	id := func(i int) int64 { return w.m.log[i].id }
	if b == (bounds{}) {
		slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(id(a), id(b)) })
	} else {
		byTime(rows, func(i int) time.Time { return w.m.log[i].at }, id)
		rows = cut(rows, b)
	}
	w.sameRows(t, r, rowsOf(rows, w.m.entryRow), canonical)
}

func (w *world) revoke(t *rapid.T) {
	seller, open := w.client(t), -1
	valid := slices.DeleteFunc(indexes(len(w.m.vouchers)), func(i int) bool { return w.m.vouchers[i].state != reserved })
	if len(valid) > 0 && !oneIn(t, "any voucher", 3) {
		open = sampled(valid).Draw(t, "voucher")
		seller = w.m.vouchers[open].owner
	}
	var q query
	base, operation := "vouchers", "revokeVouchers"
	rows := w.vouchersOf(seller)
	filter := func(rows []int) []int { return rows }
	var refusals []int
	if !w.m.has(seller, "voucher.revoke") {
		refusals = append(refusals, http.StatusForbidden)
	}
	single := !oneIn(t, "several", 3)
	if single {
		code, i := w.anyCode(t, seller)
		if i >= 0 && open >= 0 {
			code, i = w.m.vouchers[open].code, open
		}
		base, operation = base+"/"+code, "revokeVoucher"
		if rows = []int{i}; i < 0 {
			refusals, rows = append(refusals, http.StatusNotFound), nil
		}
	}
	if !single || oneIn(t, "filtered", 4) {
		filter = w.selectVouchers(t, &q)
	}
	rows = filter(rows)
	r := w.call(t, seller, operation, "DELETE", q.path(base), row{"revoke": true})
	if w.refusal(t, r, refusals...) {
		return
	}
	rows = slices.DeleteFunc(rows, func(i int) bool { return w.m.vouchers[i].state != reserved })
	revokedCodes := map[string]int64{}
	if !r.hidden {
		must(t, r.data(&revokedCodes))
		if len(revokedCodes) != len(rows) {
			t.Fatalf("%v, want %d vouchers revoked", r, len(rows))
		}
	}
	for _, i := range rows {
		v := &w.m.vouchers[i]
		v.state = revoked
		x := w.m.transfer(escrow, seller, v.amount, 7, w.m.now)
		if !r.hidden {
			id, has := revokedCodes[v.code]
			if !has {
				t.Fatalf("%v, want %s revoked", r, v.code)
			}
			fresh(t, "transfer", id, w.m.transfers, func(x transfer) int64 { return x.id })
			w.m.transfers[x].id = id
		}
		w.m.log = append(w.m.log, entry{action: "revoke", voucher: i, at: w.m.now, transfer: w.m.transfers[x].id})
		w.count("revoked")
	}
}

func (w *world) redeem(t *rapid.T) {
	uid, buyer := w.anyBuyer(t)
	code, i := w.anyCode(t, -1)
	var open []int
	for i, v := range w.m.vouchers {
		if v.state == reserved {
			open = append(open, i)
		}
	}
	if len(open) > 0 && !oneIn(t, "any voucher", 3) {
		i = sampled(open).Draw(t, "voucher")
		code = strings.ToLower(w.m.vouchers[i].code)
	}
	r := w.control("POST", fmt.Sprintf("buyers/%d/redeem", uid), row{"code": code})
	w.count("op redeem")
	var refusals []int
	if buyer < 0 {
		refusals = append(refusals, http.StatusNotFound)
	} else if w.m.accounts[buyer].username != "" {
		refusals = append(refusals, http.StatusForbidden)
	}
	switch {
	case i < 0 && slices.Contains([]string{"AAAA", "1", "aaaa"}, code):
		refusals = append(refusals, http.StatusBadRequest)
	case i < 0:
		refusals = append(refusals, http.StatusNotFound)
	default:
		v := w.m.vouchers[i]
		if v.state != reserved {
			refusals = append(refusals, http.StatusGone)
		}
		for _, other := range w.m.vouchers {
			if v.gid != nil && other.gid == v.gid && other.owner == v.owner && other.to >= 0 && other.to == buyer {
				refusals = append(refusals, http.StatusConflict)
			}
		}
	}
	if w.refusal(t, r, refusals...) {
		return
	}
	v := &w.m.vouchers[i]
	var redeemed struct{ Amount int64 }
	if must(t, controlOK(r, &redeemed)); redeemed.Amount != v.amount {
		t.Fatalf("%v, want amount %d", r, v.amount)
	}
	v.state, v.to = paidOut, buyer
	w.m.transfer(escrow, buyer, v.amount, 10, w.m.now)
	w.m.log = append(w.m.log, entry{action: "use", voucher: i, at: w.m.now})
	w.count("redeemed")
}
