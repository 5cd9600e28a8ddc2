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
	// moved is the time to which [Broker.Advance] last moved the clock. While base and ahead are behind it, the clock shows
	// moved. It is not stored: the last step of Advance happens at that time.
	moved time.Time
	// advancing is set while [Broker.Advance] settles deadlines. standing is then the next deadline, and the clock shows it.
	advancing bool
	standing  *time.Time
}

// now returns the time that the clock shows.
func (c *clock) now() time.Time {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.standing != nil {
		return *c.standing
	}
	return c.reached(base)
}

// reached returns the time to which the clock has come. Its caller holds mu.
func (c *clock) reached(base time.Time) time.Time {
	at := base.Add(c.ahead)
	for _, past := range []time.Time{c.latest, c.moved} {
		if at.Before(past) {
			at = past
		}
	}
	return at
}

// due returns the time at which a step happens. Deadlines up to that time are due.
func (c *clock) due() time.Time {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reached(base).UTC().Truncate(time.Microsecond) // as responses write times
}

// seen stores the time of a step, and the deadline that the clock shows, or nil.
func (c *clock) seen(at time.Time, standing *time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest, c.standing = at, standing
}

// move moves the clock by d from the time that it has reached.
func (c *clock) move(d time.Duration) {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = c.reached(base).Add(d)
	c.ahead += d
}

// reset sets the clock to now. It is no longer ahead.
func (c *clock) reset(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead, c.latest, c.moved, c.standing = 0, now, time.Time{}, nil
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

// Ahead returns how far [Broker.Advance] has moved the clock since the last reset.
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
		tx.Committed(func() { b.clock.move(d) })
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
		if more = s.behind; more {
			return s.finish()
		}
		return s.storeTime() // even if nothing was due, so that the time does not run back
	})
	return more, err
}
