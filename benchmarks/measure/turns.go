package measure

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Call is one call of one peer.
type Call func() error

// Turns makes each call count times in each turn, parallel at a time. Each turn begins with another call. It returns the
// costs of one call, by call, then by turn.
func Turns(turns, count, parallel int, calls []Call) ([][]Cost, error) {
	costs := make([][]Cost, len(calls))
	for turn := range turns {
		for i := range calls {
			at := (turn + i) % len(calls)
			cost, err := Of(func() error { return repeat(count, parallel, calls[at]) })
			if err != nil {
				return nil, fmt.Errorf("call %d: %w", at, err)
			}
			costs[at] = append(costs[at], Cost{
				cost.Wall / time.Duration(count), cost.CPU / time.Duration(count), cost.Bytes / float64(count),
			})
		}
	}
	return costs, nil
}

// Count returns how many calls fill a time. This warms the call up.
func Count(fill time.Duration, parallel int, call Call) (int, error) {
	for count := parallel; ; count *= 2 {
		start := time.Now()
		if err := repeat(count, parallel, call); err != nil {
			return 0, err
		}
		if took := time.Since(start); took > fill/8 {
			return max(parallel, int(float64(count)*float64(fill)/float64(took))), nil
		}
	}
}

func repeat(count, parallel int, call Call) error {
	if parallel == 1 {
		for range count {
			if err := call(); err != nil {
				return err
			}
		}
		return nil
	}
	var wait sync.WaitGroup
	errs := make([]error, parallel)
	for i := range parallel {
		wait.Go(func() { errs[i] = repeat((count+i)/parallel, 1, call) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Median returns the value in the middle.
func Median[T ~int64 | ~float64](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
