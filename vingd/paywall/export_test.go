package paywall

import (
	"net/http"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Functions that tests see.
var (
	SamePage  = samePage
	KeyOf     = keyOf
	NoteKey   = noteKey
	ObjectKey = objectKey
)

// BrowserOf returns what the journal knows a request's browser by.
func BrowserOf(r *http.Request) (Key, bool) {
	b := browserOf(r)
	return b.key, b.number != ""
}

// Quick shortens the times that a paywall waits. A claim counts as left behind after the given time.
func (o *Options) Quick(verification time.Duration) {
	o.times = times{
		verification: verification, waitForClaim: verification / 4, look: 5 * time.Millisecond, journalWait: verification, call: verification,
		sweep: verification / 2, purge: time.Hour, remember: time.Minute,
	}
}

// Patience shortens the time that a request waits for the journal.
func (o *Options) Patience(d time.Duration) {
	o.times = standardTimes
	o.times.journalWait = d
}

// CallFor shortens the time that OnCommit has.
func (o *Options) CallFor(d time.Duration) {
	o.times = standardTimes
	o.times.call = d
}

// Purge shortens the time between two purges.
func (o *Options) Purge(d time.Duration) {
	o.times = standardTimes
	o.times.purge = d
}

// Recent is what tests see of the cache.
type Recent = recent[int, int]

// NewRecent returns a cache.
func NewRecent(generation int) *Recent { return newRecent[int, int](generation) }

// Get and Put are what tests see of the cache's methods.
func (c *recent[K, V]) Get(key K) (V, bool) { return c.get(key) }

// Put puts a value into a cache.
func (c *recent[K, V]) Put(key K, value V) { c.put(key, value) }

// Overwrites returns the states that a state may be written over.
func Overwrites(state State) []State { return overwrites[state] }

// Remember shortens the time for which an entry is used without the journal.
func (o *Options) Remember(d time.Duration) {
	o.times = standardTimes
	o.times.remember = d
}

// TakeUp sweeps once, as a process does that begins.
func (p *Paywall) TakeUp() { p.takeUp(nil) }

// LoseDisk makes the writes of a journal fail.
func (f *File) LoseDisk() error { return f.file.Close() }

// Edit changes the database of a journal that is open.
func (f *File) Edit(change func(*bolt.Tx) error) error { return f.db.Update(change) }

// IsClosing reports whether Close has begun.
func (p *Paywall) IsClosing() bool { return p.tasks.isClosing() }
