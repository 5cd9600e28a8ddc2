package paywall

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a [Journal] in memory, for tests. It loses every entry when the process ends.
type Memory struct {
	mu      sync.Mutex
	entries map[Key]Entry
}

// NewMemory returns an empty journal.
func NewMemory() *Memory { return &Memory{entries: make(map[Key]Entry)} }

// Find returns the entry of a key.
func (m *Memory) Find(_ context.Context, key Key) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.entries[key]
	entry.Key = key
	return entry, nil
}

// Swap stores an entry if the stored one has its version.
func (m *Memory) Swap(_ context.Context, to Entry) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[to.Key].Version != to.Version {
		return false, nil
	}
	if to.State == StateAbsent {
		delete(m.entries, to.Key)
		return true, nil
	}
	to.Version++
	m.entries[to.Key] = to
	return true, nil
}

// Unfinished returns the entries that are not final.
func (m *Memory) Unfinished(context.Context) iter.Seq2[Entry, error] {
	m.mu.Lock()
	entries := slices.Collect(maps.Values(m.entries))
	m.mu.Unlock()
	return func(yield func(Entry, error) bool) {
		for _, entry := range entries {
			if !entry.State.Final() && !yield(entry, nil) {
				return
			}
		}
	}
}

// Purge removes the entries whose Until is before a time, except those in StateDue.
func (m *Memory) Purge(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.entries, func(_ Key, entry Entry) bool { return entry.State != StateDue && entry.Until.Before(before) })
	return nil
}
