package broker

import (
	"math"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A clock is the broker's time. It follows another clock, ahead of it by a duration, and never runs back. It is safe for
// concurrent use.
type clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
	// latest is the time of the latest step, of this process or of an earlier one.
	latest time.Time
	// advancing is set while [Broker.Advance] settles deadlines. standing is then the next deadline, and the clock shows it.
	advancing bool
	standing  *time.Time
}

// now returns the time that the clock shows.
func (c *clock) now() time.Time {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	at := base.Add(c.ahead)
	switch {
	case c.standing != nil:
		return *c.standing
	case at.Before(c.latest):
		return c.latest
	default:
		return at
	}
}

// due returns the time at which a step happens. Deadlines up to that time are due.
func (c *clock) due() time.Time {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	at := base.Add(c.ahead).UTC().Truncate(time.Microsecond) // as responses write times
	if at.Before(c.latest) {
		return c.latest
	}
	return at
}

// seen stores the time of a step, and the deadline that the clock shows, or nil.
func (c *clock) seen(at time.Time, standing *time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest, c.standing = at, standing
}

func (c *clock) set(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

func (c *clock) setAdvancing(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advancing = on
}

func (c *clock) isAdvancing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.advancing
}

// Now returns the broker's time.
func (b *Broker) Now() time.Time { return b.clock.now() }

// Ahead returns how far the broker's clock is ahead of the clock that it follows.
func (b *Broker) Ahead() time.Duration {
	b.clock.mu.Lock()
	defer b.clock.mu.Unlock()
	return b.clock.ahead
}

// Advance moves the clock ahead by d, and settles what is due by then. It does so in several transactions. Other steps run
// between them, and for them the time is the next deadline. The data file keeps how far ahead the clock is. Advance returns
// [ErrInvalid] if d is negative, or too large for the clock.
func (b *Broker) Advance(d time.Duration) error {
	b.advance.Lock()
	defer b.advance.Unlock()
	defer b.clock.setAdvancing(false)
	err := b.beginAdvance(d)
	for more := true; more && err == nil; {
		more, err = b.settleSome()
	}
	return err
}

// beginAdvance sets the clock. It shows the next deadline until [Broker.settleSome] has settled them all.
func (b *Broker) beginAdvance(d time.Duration) error {
	ahead := b.Ahead()
	switch most := math.MaxInt64 - ahead; {
	case d < 0:
		return refuse(ErrInvalid, "advance by %v: must not be below zero, time does not run back", d)
	case d > most:
		return refuse(ErrInvalid, "advance by %v: must be at most %v", d, most)
	case b.Now().Add(d).After(Never()):
		return refuse(ErrInvalid, "advance by %v: must not lead beyond the year 9999", d)
	}
	b.clock.setAdvancing(true)
	return b.db.Transact(func(tx *store.Tx) error {
		tx.Committed(func() { b.clock.set(ahead + d) })
		return tx.SetState("ahead", int64(ahead+d))
	})
}

// settleSome settles deadlines in one transaction, and reports whether more are due.
func (b *Broker) settleSome() (more bool, err error) {
	err = b.db.Transact(func(tx *store.Tx) error {
		s, err := b.begin(tx, settledAtOnce)
		if err != nil {
			return err
		}
		more = s.behind
		return s.finish()
	})
	return more, err
}
