package paywall

import "sync/atomic"

// Stats are counts of a paywall since New, for a metrics library. Each process counts its own work.
type Stats struct {
	Verified      int64 // purchases that the broker has confirmed
	Refused       int64 // tokens that the broker has refused, or does not know
	Committed     int64 // purchases that are paid; several processes that commit one at once all count it
	Expired       int64 // purchases that were not committed in time, and are not paid
	FailedCommits int64 // failed attempts to commit, which the paywall retries
	// Committing is the number of purchases that are due, and not committed yet. It includes those that are paid while
	// OnCommit has not returned nil. With an OnCommit, it includes those that another process commits, for up to 20 seconds more.
	// It is a gauge, which also goes down. The other fields are counters.
	Committing int64
	// Notices counts the pages shown instead of content, by reason. A page with the price is ReasonUnpaid.
	Notices map[Reason]int64
}

// counters count what becomes Stats.
type counters struct {
	verified, refused, committed, expired, failedCommits atomic.Int64
	notices                                              map[Reason]*atomic.Int64
}

func newCounters() *counters {
	c := &counters{notices: make(map[Reason]*atomic.Int64)}
	for reason := range notices {
		c.notices[reason] = new(atomic.Int64)
	}
	return c
}

// Stats returns the counts so far.
func (p *Paywall) Stats() Stats {
	c := p.counters
	s := Stats{
		Verified: c.verified.Load(), Refused: c.refused.Load(), Committed: c.committed.Load(), Expired: c.expired.Load(),
		FailedCommits: c.failedCommits.Load(), Committing: int64(p.commits.len()), Notices: make(map[Reason]int64),
	}
	for reason, count := range c.notices {
		s.Notices[reason] = count.Load()
	}
	return s
}
