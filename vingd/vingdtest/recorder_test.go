package vingdtest_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// recorder is a test that records its errors and its log.
type recorder struct {
	testing.TB

	mu     sync.Mutex
	faults []string
	log    []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// want fails the test unless exactly these faults were reported.
func (r *recorder) want(t *testing.T, faults ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.faults, faults) {
		t.Errorf("reported %q\nwant     %q", r.faults, faults)
	}
}
