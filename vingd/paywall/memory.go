package paywall

import (
	"context"
	"sync"
	"time"
)

// Memory is a [Journal] in memory, for tests: what it knows ends with the process, and who was being served then is
// refunded though she was served.
type Memory struct {
	mu      sync.Mutex
	entries map[Key]Entry
}

// NewMemory returns an empty journal.
func NewMemory() *Memory { return &Memory{entries: make(map[Key]Entry)} }

// Find returns the entry of a token.
func (m *Memory) Find(_ context.Context, key Key) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.entries[key]
	entry.Key = key
	return entry, nil
}

// Swap puts an entry in the place of the one with its key, if that one is in state from, and reports whether it was.
func (m *Memory) Swap(_ context.Context, from State, to Entry) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[to.Key].State != from {
		return false, nil
	}
	if to.State == Absent {
		delete(m.entries, to.Key)
	} else {
		m.entries[to.Key] = to
	}
	return true, nil
}

// Unfinished returns the entries whose state is not final.
func (m *Memory) Unfinished(context.Context) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var unfinished []Entry
	for _, entry := range m.entries {
		if !entry.State.Final() {
			unfinished = append(unfinished, entry)
		}
	}
	return unfinished, nil
}

// Purge removes the entries whose state is final and whose Until is before a time.
func (m *Memory) Purge(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, entry := range m.entries {
		if entry.State.Final() && entry.Until.Before(before) {
			delete(m.entries, key)
		}
	}
	return nil
}
