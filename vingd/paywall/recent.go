package paywall

import "sync"

// A recent is a cache of what was used last. It holds between one and two generations, and costs the same at any size.
type recent[K comparable, V any] struct {
	generation int // how many make one

	mu       sync.RWMutex
	new, old map[K]V
}

func newRecent[K comparable, V any](generation int) *recent[K, V] {
	return &recent[K, V]{generation: generation, new: make(map[K]V)}
}

func (c *recent[K, V]) get(key K) (V, bool) {
	c.mu.RLock()
	value, ok := c.new[key]
	if !ok {
		if value, ok = c.old[key]; ok {
			c.mu.RUnlock()
			c.put(key, value)
			return value, true
		}
	}
	c.mu.RUnlock()
	return value, ok
}

func (c *recent[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.new[key]; !ok && len(c.new) >= c.generation {
		c.new, c.old = make(map[K]V), c.new
	}
	c.new[key] = value
}
