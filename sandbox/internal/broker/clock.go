package broker

import (
	"math"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// A clock is the broker's time. It goes as another clock does, ahead of it, and never back. It is safe for concurrent use.
type clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
	// latest is the latest time that a step has seen, in this process or in one before.
	latest time.Time
	// advancing is set while the clock is moved over deadlines. Then standing is the next deadline, at which the clock stands.
	advancing bool
	standing  *time.Time
}

// now returns the time.
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

// due returns the time by which deadlines have come.
func (c *clock) due() time.Time {
	base := c.base()
	c.mu.Lock()
	defer c.mu.Unlock()
	at := base.Add(c.ahead).UTC().Truncate(time.Microsecond) // what answers can say
	if at.Before(c.latest) {
		return c.latest
	}
	return at
}

// seen keeps the time of a step, and the deadline at which the clock stands.
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

// Ahead returns how far the broker's clock is ahead of the one that it goes by.
func (b *Broker) Ahead() time.Duration {
	b.clock.mu.Lock()
	defer b.clock.mu.Unlock()
	return b.clock.ahead
}

// Advance moves the clock ahead. It ends what has come due by then, so much at a time: other steps go on in between, and see
// the clock stand at the next deadline. The data file keeps how far ahead the clock is.
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

// beginAdvance sets the clock, which stands at the first deadline until [Broker.settleSome] has ended what is due there.
func (b *Broker) beginAdvance(d time.Duration) error {
	ahead := b.Ahead()
	switch most := math.MaxInt64 - ahead; {
	case d < 0:
		return refuse(ErrInvalid, "advance by %v: must not be below zero, time does not run back", d)
	case d > most:
		return refuse(ErrInvalid, "advance by %v: must not be above %v, which is as far as it goes", d, most)
	case b.Now().Add(d).After(Never()):
		return refuse(ErrInvalid, "advance by %v: must not be beyond the year 9999", d)
	}
	b.clock.setAdvancing(true)
	return b.db.Transact(func(tx *store.Tx) error {
		tx.Committed(func() { b.clock.set(ahead + d) })
		return tx.SetState("ahead", int64(ahead+d))
	})
}

// settleSome ends as much of what is due as a transaction does, and reports whether there is more.
func (b *Broker) settleSome() (more bool, err error) {
	err = b.db.Transact(func(tx *store.Tx) error {
		s, err := b.begin(tx)
		if err != nil {
			return err
		}
		more = s.behind
		return s.finish()
	})
	return more, err
}
