package modeltest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// world is a sandbox and the model that it is compared with.
type world struct {
	*process
	m *model
	// The secrets of rows that a reset or a restore has deleted.
	deadTokens, deadCodes, deadHUIDs []string
	saved                            []snapshot
	tally                            map[string]int
	first                            map[string]int64 // the ids after a reset
}

type snapshot struct {
	file string
	m    *model
}

// clients are the sellers as whom the eight clients log in.
var clients = []int{0, 0, 1, 1, 2, 2, 3, 4}

// sampled is like rapid.SampledFrom, but takes each value equally often.
func sampled[T any](from []T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		index := 0
		for range 12 {
			index *= 2
			if rapid.Bool().Draw(t, "bit") {
				index++
			}
		}
		return from[index%len(from)]
	})
}

func choose[T any](t *rapid.T, label string, from ...T) T { return sampled(from).Draw(t, label) }

// oneIn reports true once in n draws. The simplest draw is false.
func oneIn(t *rapid.T, label string, n int) bool {
	values := make([]bool, n)
	values[n-1] = true
	return sampled(values).Draw(t, label)
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) count(what string) { w.tally[what]++ }

// login draws one of the eight clients.
func (w *world) client(t *rapid.T) int {
	return clients[sampled([]int{0, 1, 2, 3, 4, 5, 6, 7}).Draw(t, "client")]
}

// ask sends a request that meets no fault.
func (w *world) ask(seller int, method, path string, body any) response {
	return w.request(w.kept, w.m.accounts[seller].username, method, "/broker/v1/"+path, body)
}

func (w *world) control(method, path string, body any) response {
	return w.request(w.kept, "", method, "/-/"+path, body)
}

// call sends a request of a client, which may meet a fault. The result says what the client knows then. Call fails the test
// if the response is not that of the fault.
func (w *world) call(t *rapid.T, seller int, operation, method, path string, body any) response {
	base := choose(t, "base", "/broker/v1/", "/sandbox/broker/v1/", "/broker/v1//") + path
	if choose(t, "slash", false, true) {
		base += "/"
	}
	w.count("op " + operation)
	login := w.m.accounts[seller].username
	if !oneIn(t, "faulty", 8) {
		return w.request(w.kept, login, method, base, body)
	}
	fault := row{"operation": operation, "count": 1}
	done := choose(t, "done", false, true)
	kinds := []string{"status", "hang_up", "garbage", "cut"}
	if slices.Contains([]string{"createObject", "updateObject", "createOrder"}, operation) {
		kinds = append(kinds, "batch_error")
	}
	kind := choose(t, "fault", kinds...)
	status := 0
	switch kind {
	case "status":
		if status = choose(t, "status", 503, 500, 429, 302); status < 500 {
			done = false
		}
		fault["status"] = status
		if status == 302 {
			fault["location"] = "http://localhost:1/"
		}
	case "batch_error":
		done = false
		fault[kind] = "refused by request"
	case "cut":
		done = true
		fault[kind] = true
	default:
		fault[kind] = true
	}
	if done && kind != "cut" {
		fault["done"] = true
	}
	must(t, controlOK(w.control("POST", "faults", fault), nil))
	r := w.request(w.single, login, method, base, body)
	r.call += fmt.Sprintf(" (%s, done %v)", kind, done)
	w.count(fmt.Sprintf("fault %s done %v", kind, done))
	r.ran, r.hidden = done, true
	switch kind {
	case "status":
		must(t, r.refused(status))
		if status == 302 && r.header.Get("Location") != "http://localhost:1/" {
			t.Fatalf("%v: Location %q", r, r.header.Get("Location"))
		}
	case "batch_error":
		var batch struct {
			IDs, OIDs []int64
			Errors    []struct{ Code, Desc string }
		}
		if err := decodeStrictly(r.body, &struct{ Data any }{&batch}); err != nil || len(batch.Errors) != 1 ||
			batch.Errors[0].Desc != "refused by request" || len(batch.IDs)+len(batch.OIDs) > 0 {
			t.Fatalf("%v, want the batch error (%v)", r, err)
		}
	case "garbage":
		if r.err != nil || r.status != http.StatusOK || decodeStrictly(r.body, new(any)) == nil {
			t.Fatalf("%v, want garbage", r)
		}
	default:
		if r.err == nil {
			t.Fatalf("%v, want no response", r)
		}
	}
	var left struct{ Faults []row }
	must(t, controlOK(w.control("GET", "faults", nil), &left))
	if len(left.Faults) > 0 {
		t.Fatalf("%v: the fault is left: %v", r, left.Faults)
	}
	return r
}

// controlOK decodes the response of a control.
func controlOK(r response, into any) error {
	if r.err != nil || r.status != http.StatusOK {
		return fmt.Errorf("%v, want success", r)
	}
	if into == nil {
		into = new(any)
	}
	if err := decodeStrictly(r.body, into); err != nil {
		return fmt.Errorf("%v: %w", r, err)
	}
	return nil
}

// refusal compares a response with the refusals that the model has for the call, if any. It reports whether the call ends
// there. The documents do not say which of several refusals comes first, so each will do.
func (w *world) refusal(t *rapid.T, r response, statuses ...int) bool {
	t.Helper()
	if !r.ran {
		return true
	}
	if len(statuses) == 0 {
		return false
	}
	if !r.hidden {
		must(t, r.refused(statuses...))
		w.count("refused " + strconv.Itoa(r.status))
	}
	return true
}

// fresh fails the test unless an id is new among those of its kind, and higher.
func fresh[T any](t *rapid.T, kind string, id int64, rows []T, idOf func(T) int64) {
	t.Helper()
	if id <= 0 {
		t.Fatalf("%s %d: want an id", kind, id)
	}
	for _, r := range rows {
		if idOf(r) == id {
			t.Fatalf("%s %d exists already", kind, id)
		}
	}
}

func freshSecret(t *rapid.T, kind, secret string, known []string) {
	t.Helper()
	if secret == "" || slices.Contains(known, secret) {
		t.Fatalf("%s %q: want a new one", kind, secret)
	}
}

func isHex(s string) bool {
	return len(s) > 0 && len(s) <= 40 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// bodyTime writes a time as the clients do in bodies, in one of two zones.
func bodyTime(t *rapid.T, at time.Time) string {
	if at.Year() > 1 && at.Year() < 9999 && choose(t, "zone", false, true) {
		at = at.In(time.FixedZone("", -3*3600-1800))
	}
	if at.Nanosecond() == 0 {
		return at.Format("2006-01-02T15:04:05-07:00")
	}
	return at.Format("2006-01-02T15:04:05.000000-07:00")
}

// pathTime writes a time as the clients do in paths, with the plus bare or escaped.
func pathTime(t *rapid.T, at time.Time) string {
	if at.Year() > 1 && at.Year() < 9999 && choose(t, "zone", false, true) {
		at = at.In(time.FixedZone("", -3*3600-1800))
	}
	text := at.Format("20060102T150405-0700")
	if choose(t, "escape", true, false) {
		text = strings.ReplaceAll(text, "+", "%2B")
	}
	return text
}

var (
	yearOne = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	yearEnd = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// moment draws a time: near to one of the model, or at the edge of the type.
func (w *world) moment(t *rapid.T) time.Time {
	known := []time.Time{w.m.now, start, yearOne, yearEnd}
	for _, v := range w.m.vouchers {
		known = append(known, v.until, v.created)
	}
	for _, o := range w.m.objects {
		known = append(known, o.created)
	}
	at := sampled(known).Draw(t, "moment").UTC().Truncate(time.Second)
	if at.Equal(yearOne) || at.Equal(yearEnd) {
		return at
	}
	at = at.Add(choose(t, "around", 0, -time.Second, time.Second, time.Hour))
	if at.Before(yearOne) {
		return yearOne
	}
	return at
}

// expiry draws the time at which an order or a voucher expires.
func (w *world) expiry(t *rapid.T) time.Time {
	return choose(t, "expires", w.m.now.Add(15*time.Minute), w.m.now.Add(24*time.Hour), w.m.now.Add(24*time.Hour), w.m.now.Add(48*time.Hour),
		w.m.now.Add(time.Hour), yearEnd, w.m.now.Add(time.Microsecond), w.m.now,
		w.m.now.Add(-time.Hour), w.m.now.Add(7*24*time.Hour).Truncate(time.Second), yearOne, yearEnd)
}

// query collects the filters of a path, in their order.
type query struct{ segments []string }

func (q *query) add(key, value string) { q.segments = append(q.segments, key+"="+value) }

func (q *query) path(base string) string {
	return strings.Join(append([]string{base}, q.segments...), "/")
}

// span draws two filters of time.
func (w *world) span(t *rapid.T, q *query, after, before string) span {
	var s span
	if oneIn(t, after, 3) {
		at := w.moment(t)
		s.after = &at
		q.add(after, pathTime(t, at))
	}
	if oneIn(t, before, 3) {
		at := w.moment(t)
		s.before = &at
		q.add(before, pathTime(t, at))
	}
	return s
}

func (w *world) bounds(t *rapid.T, q *query) bounds {
	var b bounds
	if oneIn(t, "first", 3) {
		b.first = choose(t, "count", 1, 2, 5, 1000000)
		q.add("first", strconv.Itoa(b.first))
	}
	if oneIn(t, "last", 3) {
		b.last = choose(t, "count", 1, 2, 5, 1000000)
		q.add("last", strconv.Itoa(b.last))
	}
	return b
}

// anyUID draws the number of an account, which may not exist.
func (w *world) anyUID(t *rapid.T) (int64, int) {
	if oneIn(t, "stranger", 10) {
		return 987654321, -1
	}
	known := []int{}
	for i, a := range w.m.accounts {
		if a.uid > 0 {
			known = append(known, i)
		}
	}
	i := sampled(known).Draw(t, "account")
	return w.m.accounts[i].uid, i
}
