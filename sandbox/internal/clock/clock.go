// Package clock is the sandbox's time: it goes as another clock goes, or stands, and can be moved ahead of it.
package clock

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// A Clock is ahead of another one. It is safe for concurrent use.
type Clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
}

// New returns a clock that is not ahead of base.
func New(base func() time.Time) *Clock { return &Clock{base: base} }

// Now returns the time.
func (c *Clock) Now() time.Time { return c.base().Add(c.Ahead()) }

// Ahead returns how far the clock is ahead of the one that it goes by.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// Advance moves the clock ahead by d. Backwards it does not go: what has ended would come to life again.
func (c *Clock) Advance(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d < 0 {
		return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf("advance by %v: must not be below zero, time does not run back", d)}
	}
	if most := math.MaxInt64 - c.ahead; d > most {
		return &broker.Error{Kind: broker.ErrInvalid, Message: fmt.Sprintf("advance by %v: must not be above %v, which is as far as it goes", d, most)}
	}
	c.ahead += d
	return nil
}

// Rewind makes the clock go by the other one again, and be ahead no more. That is only for books that are empty.
func (c *Clock) Rewind() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = 0
}
