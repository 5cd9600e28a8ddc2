package modeltest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// shownTransfer is a transfer of a response, with what the documents say about its description.
type shownTransfer struct {
	id   int64
	at   time.Time
	text string
}

// readTransfers decodes the transfers of a response. The accounts of the broker itself have no number in the documents, so
// they count as zero.
func (w *world) readTransfers(t *rapid.T, r response) []shownTransfer {
	t.Helper()
	var rows []struct {
		ID, Amount  int64
		From        int64 `json:"uid_from"`
		To          int64 `json:"uid_to"`
		Proxy       int64 `json:"uid_proxy"`
		Timestamp   string
		Description string
	}
	must(t, r.data(&rows))
	known := func(uid int64) int64 {
		if slices.ContainsFunc(w.m.accounts, func(a account) bool { return a.uid == uid }) {
			return uid
		}
		return 0
	}
	shown := make([]shownTransfer, len(rows))
	for i, x := range rows {
		at, err := time.Parse("2006-01-02T15:04:05.999999999-07:00", x.Timestamp)
		must(t, err)
		var about struct {
			Class   int
			OID     int64
			Message any
		}
		if err := json.Unmarshal([]byte(x.Description), &about); err != nil || x.Proxy != 1 || x.ID <= 0 {
			t.Fatalf("%v: row %d: want id, uid_proxy 1, and JSON for description (%v)", r, i, err)
		}
		shown[i] = shownTransfer{x.ID, at, text([]any{x.Amount, known(x.From), known(x.To), about.Class, about.OID, about.Message, at.UTC()})}
	}
	return shown
}

func (m *model) transferText(x transfer) string {
	uid := func(a int) int64 {
		if a < 0 {
			return 0
		}
		return m.accounts[a].uid
	}
	var oid int64
	if x.object >= 0 {
		oid = m.objects[x.object].oid
	}
	return text([]any{x.amount, uid(x.from), uid(x.to), x.class, oid, x.message, x.at.UTC()})
}

// compareTransfers compares the transfers of a seller with those of the model, in one direction. Equal times leave the
// order open. It takes the ids that the model lacks, and returns the list.
func (w *world) compareTransfers(t *rapid.T, seller int, direction string) []shownTransfer {
	t.Helper()
	r := w.ask(seller, "GET", fmt.Sprintf("fort/transfers/%s=%d", direction, w.m.accounts[seller].uid), nil)
	shown := w.readTransfers(t, r)
	var want []int
	for i, x := range w.m.transfers {
		if direction == "from" && x.from == seller || direction == "to" && x.to == seller {
			want = append(want, i)
		}
	}
	if len(shown) != len(want) {
		t.Fatalf("%v, want %d transfers", r, len(want))
	}
	for k, s := range shown {
		if k > 0 && (s.at.Before(shown[k-1].at) || s.id == shown[k-1].id) {
			t.Fatalf("%v: transfer %d is not behind transfer %d", r, s.id, shown[k-1].id)
		}
		at := slices.IndexFunc(want, func(i int) bool { return w.m.transfers[i].id == s.id && w.m.transferText(w.m.transfers[i]) == s.text })
		if at < 0 {
			at = slices.IndexFunc(want, func(i int) bool { return w.m.transfers[i].id == 0 && w.m.transferText(w.m.transfers[i]) == s.text })
		}
		if at < 0 {
			t.Fatalf("%v: transfer %d: the model has none like %s", r.call, s.id, s.text)
		}
		w.m.transfers[want[at]].id = s.id
		want = slices.Delete(want, at, at+1)
	}
	return shown
}

func (w *world) listTransfers(t *rapid.T) {
	seller := w.client(t)
	mine := w.m.accounts[seller].uid
	var q query
	from, to := int64(0), int64(0)
	side := choose(t, "side", "from", "to", "both", "neither", "foreign")
	other, _ := w.anyUID(t)
	switch side {
	case "from":
		from = mine
	case "to":
		to = mine
	case "both":
		if from, to = mine, other; choose(t, "turned", false, true) {
			from, to = to, from
		}
	case "foreign":
		from = other
	}
	if from > 0 {
		q.add("from", fmt.Sprint(from))
	}
	if to > 0 {
		q.add("to", fmt.Sprint(to))
	}
	b := w.bounds(t, &q)
	s := w.span(t, &q, "since", "until")
	if side == "neither" || side == "foreign" && from != mine {
		r := w.ask(seller, "GET", q.path("fort/transfers"), nil)
		if side == "neither" {
			must(t, r.refused(http.StatusBadRequest))
		} else {
			must(t, r.refused(http.StatusForbidden))
		}
		return
	}
	r := w.call(t, seller, "listTransfers", "GET", q.path("fort/transfers"), nil)
	if w.refusal(t, r) || r.hidden {
		return
	}
	direction := "to"
	if from == mine {
		direction = "from"
	}
	rows := slices.DeleteFunc(w.compareTransfers(t, seller, direction), func(x shownTransfer) bool {
		of := w.m.transfers[slices.IndexFunc(w.m.transfers, func(y transfer) bool { return y.id == x.id })]
		uid := func(a int) int64 {
			if a < 0 {
				return -1
			}
			return w.m.accounts[a].uid
		}
		return !s.has(x.at) || from > 0 && uid(of.from) != from || to > 0 && uid(of.to) != to
	})
	byTime(rows, func(x shownTransfer) time.Time { return x.at }, func(x shownTransfer) int64 { return x.id })
	rows = cut(rows, b)
	got := w.readTransfers(t, r)
	textOf := func(x shownTransfer) string { return fmt.Sprint(x.id, " ", x.text) }
	texts := func(list []shownTransfer) []string {
		all := make([]string, len(list))
		for i := range list {
			all[i] = textOf(list[i])
		}
		return all
	}
	if err := difference(texts(got), texts(rows)); err != nil {
		t.Fatalf("%v: %v", r.call, err)
	}
	if len(got) > 0 {
		w.count("rows")
	}
}
