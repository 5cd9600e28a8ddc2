package vingd

import (
	"context"
	"iter"
	"time"
)

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

// isUsualBound reports whether n is 100, 200, 250, 500, 1000 and so on, or a power of two. An account may have so many rows, so
// it is stricter than isRound.
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

// fewRows is a number of rows at which no broker bounds a list.
const fewRows = 20

const (
	// clocksAgree is how well the clock of a Date header agrees with that of the rows.
	clocksAgree = time.Minute
	// rowPrecision is how exact the times of rows are, and the Date header.
	rowPrecision = 2 * time.Second
)

// reachesBack reports whether the broker shows rows from before a call. Otherwise it may show its newest rows only, or those of
// the last month, and no longer the row of the call. Oldest is the time of the oldest row in the list, which has length rows.
//
// An account may have no older rows of this kind. Then the transfers that the broker shows must make up its balance. A call may
// move no money. Then one of these is enough:
//   - The oldest row is of about the time of the call, in a list whose length is not a usual bound.
//   - There are a few rows, all of the last day.
func (q query[T]) reachesBack(ctx context.Context, w window, oldest time.Time, length int) (bool, error) {
	before, about, funded := w.from, w.sent.Add(farMargin), w.from
	if w.clock.known {
		at := w.sent.Add(w.clock.ahead)
		before, about = at.Add(-clocksAgree), at.Add(rowPrecision)
		funded = about
	}
	reaches := !oldest.IsZero() && oldest.Before(before)
	n := 0
	if !reaches {
		for row, err := range q.oldest(ctx, fewRows) {
			if err != nil {
				return false, err
			}
			at := q.at(&row)
			if reaches = !at.IsZero() && at.Before(before); !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
				oldest = at
			}
			if n++; reaches || n == 2*fewRows {
				break
			}
		}
	}
	switch {
	case reaches:
		return true, nil
	case q.addUp != nil:
		return q.addUp(ctx, funded)
	case !oldest.IsZero() && oldest.Before(about):
		return !isUsualBound(length), nil
	default:
		return n < fewRows && w.clock.now().Sub(w.sent) < farMargin, nil
	}
}

// addUp reports whether the broker shows all transfers of an account: they make up its balance, and some are from before a
// time. A call that moved money would otherwise be missing in the sum. It passes each payment of the account to paid, if that is
// not nil.
func (s *TransferService) addUp(ctx context.Context, own UID, before time.Time, paid func(*Transfer)) (whole bool, err error) {
	balance, err := s.c.Accounts.Balance(ctx)
	if err != nil {
		return false, err
	}
	sum, begins := Cents(0), false
	for _, list := range []struct {
		filter TransferFilter
		sign   Cents
	}{{TransferFilter{To: own}, 1}, {TransferFilter{From: own}, -1}} {
		for t, err := range s.All(ctx, list.filter) {
			if err != nil {
				return false, err
			}
			sum += list.sign * t.Amount
			begins = begins || t.Time.Before(before)
			if paid != nil && list.sign < 0 {
				paid(&t)
			}
		}
	}
	if !begins || sum != balance {
		return false, nil
	}
	after, err := s.c.Accounts.Balance(ctx) // no payment came in between
	return after == balance, err
}

// isRound reports whether a list of n rows may be one that the broker bounds: such bounds are round numbers.
func isRound(n int) bool {
	return n >= 10 && (n%10 == 0 || n%25 == 0) || n >= 64 && n&(n-1) == 0
}

// addUp reports whether the broker shows all transfers of the caller's account. Logged must have those since shortly before a time
// that may be of a voucher of an amount. The log is another list, and may lack them.
func (s *VoucherService) addUp(ctx context.Context, before time.Time, amount Cents, logged map[TransferID]bool) (whole bool, err error) {
	own, err := s.c.Users.accountID(ctx, 0)
	if err != nil {
		return false, err
	}
	since, lacks := before.Add(-2*clocksAgree), false
	whole, err = s.c.Transfers.addUp(ctx, own, before, func(t *Transfer) {
		isLate := t.Time.IsZero() || !t.Time.Before(since)
		lacks = lacks || isLate && t.Class.mayBe(TransferVoucherAllocated) && t.Amount.isNearly(amount) && !logged[t.ID]
	})
	return whole && !lacks, err
}

// oldestEntries lists the oldest entries of the caller's log.
func (s *VoucherService) oldestEntries(ctx context.Context, n int) iter.Seq2[LogEntry, error] {
	return s.AllHistory(ctx, HistoryFilter{First: n})
}
