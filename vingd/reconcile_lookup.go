package vingd

import (
	"cmp"
	"context"
	"fmt"
	"iter"
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
	// oldest lists the oldest n rows that the broker shows, without a filter by time. A list that is not paged has none.
	oldest func(ctx context.Context, n int) iter.Seq2[T, error]
	// addUp reports whether the broker shows all transfers of the account, some of them from before a time. It is nil if the
	// call moves no money.
	addUp func(ctx context.Context, before time.Time) (bool, error)
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
	undated, reaches, oldest := false, true, time.Time{}
	t, err := exactlyOne(q.rows(ctx, page{since: since}), q.id, func(row *T) verdict {
		length++
		delete(missing, q.id(row))
		at := q.at(row)
		undated = undated || at.IsZero()
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
		isOld := at.Before(w.from) && (!at.IsZero() || w.since.IsZero() && !q.unpaged) // a row since w.from is no older
		if isOld && q.unpaged && w.clock.known {
			return verdict{} // as if it were not requested
		}
		return q.judge(row).unless(isOld, "row %d has the reference, but is more than a day older than the call")
	})
	if err == nil && w.last && !w.sent.IsZero() && !q.unpaged {
		reaches, err = q.reachesBack(ctx, w, oldest, length)
	}
	switch {
	case !w.last:
	case (q.unpaged || undated) && isRound(length), w.sent.IsZero() && isUsualBound(length):
		s.doubt = fmt.Sprintf("the list has %d rows: it may be cut off", length)
	case len(missing) > 0:
		s.doubt = "the list lacks its first or last row: it is cut off"
	case !q.unpaged && ends < min(length, 2):
		s.doubt = "the broker does not return both the first and the last row: the list may be cut off"
	case !reaches:
		s.doubt = "the broker shows nothing older than the call: it may no longer show the call either"
	}
	t.doubt = cmp.Or(t.doubt, s.doubt)
	return t, err
}

// exactlyOne returns the one row that is the one looked for. Two such rows are an error. A doubt names the first row.
func exactlyOne[T any](rows iter.Seq2[T, error], id func(*T) int64, judge func(*T) verdict) (s sighting[T], err error) {
	var excusable [fieldSets]string // by the fields that a row lacks
	var kept fieldSet
	name := func(doubt *string, row *T, v verdict) {
		if *doubt == "" && v.doubt != "" {
			*doubt = fmt.Sprintf(v.doubt, id(row))
		}
	}
	for row, err := range rows {
		if err != nil {
			return sighting[T]{}, err
		}
		v := judge(&row)
		switch {
		case v.shows != 0:
			kept |= v.shows
		case v.is && s.found && id(&row) == id(&s.row): // a list may have a row twice
		case v.is && s.found:
			return sighting[T]{}, &ambiguousError{"there are two of them: the reference must be unique"}
		case v.is:
			s.row, s.found = row, true
		case v.lacks != 0:
			name(&excusable[v.lacks], &row, v)
		default:
			name(&s.doubt, &row, v)
		}
	}
	for lacks, doubt := range excusable {
		if kept&fieldSet(lacks) == 0 {
			s.doubt = cmp.Or(s.doubt, doubt)
		}
	}
	return s, nil
}

// A clockCheck compares the broker's clock with the caller's.
type clockCheck struct {
	now   func() time.Time
	known bool          // whether the broker tells its time
	apart time.Duration // how far at most, forward or back
	ahead time.Duration // how far the broker's clock is ahead, at least; below zero if it is behind
}

// compare reads the broker's clock off a response.
func (k *clockCheck) compare(h http.Header) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		ahead := date.Sub(k.now())
		if !k.known || ahead < k.ahead {
			k.ahead = ahead
		}
		k.known, k.apart = true, max(k.apart, ahead.Abs())
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
