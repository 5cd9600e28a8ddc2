package paywall

import (
	"time"
)

// What tests see.
var (
	SamePage  = samePage
	KeyOf     = keyOf
	NoteKey   = noteKey
	BrowserOf = browserOf
)

// Quick shortens the times that a paywall waits. A claim counts as left behind after the given time.
func (o *Options) Quick(verification time.Duration) {
	o.times = times{
		verification: verification, waitForClaim: verification / 4, look: 5 * time.Millisecond,
		sweep: verification / 2, purge: time.Hour,
	}
}

// Overwrites returns the states that a state may be written over.
func Overwrites(state State) []State { return overwrites[state] }
