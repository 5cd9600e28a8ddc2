package vingd

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/internal/rest"
)

// A query is a list in which a call left a row.
type query[T any] struct {
	rows    func(context.Context, page) iter.Seq2[T, error]
	id      func(*T) int64
	at      func(*T) time.Time // when the broker made the row
	unpaged bool               // the list has no first and last
	judge   func(*T) verdict
}

// A page is the part of a list that a look-up requests.
type page struct {
	since, until Time
	first, last  int
}

// look reads the list and judges each row. Where absence would be concluded, the list must be whole.
func (q query[T]) look(ctx context.Context, w window) (s sighting[T], err error) {
	var since Time
	if !w.since.IsZero() {
		since = At(w.since)
	}
	missing, ends, length := map[int64]bool{}, 0, 0 // rows that the list has, until it has them
	if w.last && !q.unpaged {
		if ends, s.doubt, err = q.requestEnds(ctx, since, missing); err != nil {
			return s, err
		}
	}
	requested, undated, isAll := maps.Clone(missing), false, false
	t, err := exactlyOne(q.rows(ctx, page{since: since}), q.id, func(row *T) verdict {
		length++
		delete(missing, q.id(row))
		at := q.at(row)
		undated = undated || at.IsZero()
		isOld := at.Before(w.from) && (!at.IsZero() || w.since.IsZero() && !q.unpaged) // a row since w.from is no older
		if isOld && q.unpaged && w.clock.known {
			return verdict{} // as if it were not requested
		}
		return q.judge(row).unless(isOld, "row %d has the reference, but is more than a day older than the call")
	})
	if err == nil && w.last && !q.unpaged && isUsualBound(length) {
		isAll, err = q.isAll(ctx, since, requested)
	}
	switch {
	case !w.last:
	case (q.unpaged || undated) && isRound(length), isAll:
		s.doubt = fmt.Sprintf("the list has %d rows: it may be cut off", length)
	case len(missing) > 0:
		s.doubt = "the list lacks its first or last row: it is cut off"
	case !q.unpaged && ends < min(length, 2):
		s.doubt = "the broker does not return both the first and the last row: the list may be cut off"
	}
	t.doubt = cmp.Or(t.doubt, s.doubt)
	return t, err
}

// requestEnds adds the ids of rows that the list has if it is whole, first of all its last and its first row. It returns how many
// these are: a list of one row has one. It returns a doubt if the broker does not return single rows.
//
// A broker may bound the list before it takes these two. So requestEnds also requests the last row since the last one, and the first
// row until the first one. The bound does not hide the ends of such short lists.
func (q query[T]) requestEnds(ctx context.Context, since Time, rows map[int64]bool) (ends int, doubt string, err error) {
	// single adds the row of a page of one, and returns when the broker made it.
	single := func(p page) (at time.Time, err error) {
		n := 0
		for row, err := range q.rows(ctx, p) {
			if err != nil {
				return at, err
			}
			if n++; n > 1 {
				doubt = "the broker returns more rows than asked for: the list may be cut off"
				break
			}
			rows[q.id(&row)] = true
			at = q.at(&row)
		}
		return at, nil
	}
	last, err := single(page{since: since, last: 1})
	if err != nil {
		return 0, "", err
	}
	first, err := single(page{since: since, first: 1})
	if err != nil {
		return 0, "", err
	}
	ends = len(rows)
	if !last.IsZero() {
		_, err = single(page{since: At(last.Add(-time.Second)), last: 1})
	}
	if err == nil && !first.IsZero() {
		_, err = single(page{since: since, until: At(first.Add(time.Second)), first: 1})
	}
	return ends, doubt, err
}

// isUsualBound reports whether n is 100, 200, 250, 500, 1000 and so on, or a power of two. An account may have so many rows, and
// a job that stops there does not go on. So it is stricter than isRound.
func isUsualBound(n int) bool {
	if n < 100 {
		return false
	}
	if n&(n-1) == 0 {
		return true
	}
	for n%10 == 0 {
		n /= 10
	}
	return n == 1 || n == 2 || n == 25 || n == 5
}

// isAll reports whether the broker shows no row from before since: the oldest of all is one of rows. Then it may have bounded all
// that it has before it took the rows since then. No request shows such a bound.
func (q query[T]) isAll(ctx context.Context, since Time, rows map[int64]bool) (bool, error) {
	if since.IsZero() {
		return true, nil
	}
	for row, err := range q.rows(ctx, page{first: 1}) {
		return err == nil && rows[q.id(&row)], err
	}
	return false, nil
}

// isRound reports whether a list of n rows may be one that the broker bounds: such bounds are round numbers.
func isRound(n int) bool {
	return n >= 10 && (n%10 == 0 || n%25 == 0) || n >= 64 && n&(n-1) == 0
}

// exactlyOne returns the one row that is the one looked for. Two such rows are an error. A doubt names the first row.
func exactlyOne[T any](rows iter.Seq2[T, error], id func(*T) int64, judge func(*T) verdict) (s sighting[T], err error) {
	var excusable string
	name := func(doubt *string, row *T, v verdict) {
		if *doubt == "" && v.doubt != "" {
			*doubt = fmt.Sprintf(v.doubt, id(row))
		}
	}
	kept := false
	for row, err := range rows {
		if err != nil {
			return sighting[T]{}, err
		}
		v := judge(&row)
		switch {
		case v.shows:
			kept = true
		case v.is && s.found && id(&row) == id(&s.row): // a list may have a row twice
		case v.is && s.found:
			return sighting[T]{}, &ambiguousError{"there are two of them: the reference must be unique"}
		case v.is:
			s.row, s.found = row, true
		case v.excusable:
			name(&excusable, &row, v)
		default:
			name(&s.doubt, &row, v)
		}
	}
	if !kept {
		s.doubt = cmp.Or(s.doubt, excusable)
	}
	return s, nil
}

// A clockCheck compares the broker's clock with the caller's.
type clockCheck struct {
	now   func() time.Time
	known bool          // whether the broker tells its time
	apart time.Duration // how far at most, forward or back
}

// compare reads the broker's clock off a response.
func (k *clockCheck) compare(h http.Header) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		k.known, k.apart = true, max(k.apart, date.Sub(k.now()).Abs())
	}
}

// within reports whether the clocks are known to be within a margin.
func (k *clockCheck) within(margin time.Duration) bool { return k.known && k.apart <= margin }

// doubt returns the reason if the clocks are too far apart for look-ups to cover the time of a call.
func (k *clockCheck) doubt() string {
	if k.apart > clockMargin {
		return fmt.Sprintf("the broker's clock differs by %v", k.apart.Round(time.Minute))
	}
	return ""
}

// sent rejects a time at which no call can have been sent. A time in the near future comes from a clock that is ahead. For it,
// sent returns the present, because the call was before the present too.
func (args *argErrors) sent(sent time.Time) time.Time {
	now := args.now()
	switch {
	case sent.IsZero():
		args.fail("sent", "must be when the call was made")
	case sent.After(now.Add(maxAhead)):
		args.fail("sent", "is in the future")
	case sent.After(now):
		return now
	default:
		args.fail("sent", rest.CheckTime(sent.Add(-farMargin)))
	}
	return sent
}

// maxAhead limits how far in the future the time of a call may be, because another machine may have written it.
const maxAhead = 24 * time.Hour

// callOptions replace options of the client for look-ups.
type callOptions struct {
	deadlines  *deadlines
	retries    int
	onResponse func(http.Header) // is called for each response that reports success; optional
}

type callOptionsKey struct{}

func withCallOptions(ctx context.Context, o callOptions) context.Context {
	return context.WithValue(ctx, callOptionsKey{}, o)
}

// optionsOf returns the options of a call: those of the context, or those of the client.
func (c *Client) optionsOf(ctx context.Context) callOptions {
	if o, ok := ctx.Value(callOptionsKey{}).(callOptions); ok {
		return o
	}
	return callOptions{deadlines: c.deadlines, retries: c.retries}
}
