package fire_test

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// leakCallers is how many make calls at a time, each of the same client.
const leakCallers = 16

// TestLeaks lets calls of one client fail in every way, many at a time. After each way no connection is left but
// idle ones. While the client lives and when it is closed, there are as many goroutines and descriptors as before.
func TestLeaks(t *testing.T) {
	calls := max(numberOfCalls(t)/10, endure.Rounds(defaultCalls, 200))
	goroutines, descriptors := runtime.NumGoroutine(), countDescriptors()
	for w := range wires {
		t.Run(w.String(), func(t *testing.T) { failOver(t, w, calls/int(wires)/leakCallers) })
	}
	settle(t, "goroutines when all is closed", goroutines, runtime.NumGoroutine)
	settle(t, "descriptors when all is closed", descriptors, countDescriptors)
}

// failOver makes calls fail over a wire, by so many faults.
func failOver(t *testing.T, w wire, storms int) {
	f := newFixture(t)
	defer f.close(t)
	var in *injection
	begin := func(fault *fault, at int, giveUp context.CancelFunc) {
		in = newInjection(&plannedCall{transport: &transports[1], fault: fault, at: at, repeats: true}, giveUp)
		f.begin(in)
	}
	begin(&faults[0], 0, nil)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return in.dial(ctx, network, address)
	}
	client := newClient(in.transport, w, dial, f.proxy, vingd.WithRetries(0))
	hasty := newClient(in.transport, w, dial, f.proxy, vingd.WithRetries(0), vingd.WithTimeout(time.Millisecond))
	closeIdle := func() int {
		client.CloseIdleConnections()
		hasty.CloseIdleConnections()
		return f.proxy.connections()
	}
	atRest := func() int {
		closeIdle()
		must(client.Accounts.Balance(t.Context()))
		return runtime.NumGoroutine()
	}
	before := atRest()
	r := rand.New(rand.NewPCG(1, uint64(w)))
	for range storms {
		ctx, cancel := context.WithCancel(t.Context())
		begin(draw(r, faults, func(f *fault) bool { return f.fits(w) && f.leavesNothing() }), r.IntN(200), cancel)
		in.arm(true)
		var calls sync.WaitGroup
		for i := range leakCallers {
			caller, ctx, soon := client, ctx, time.Duration(r.IntN(2_000_000))
			calls.Go(func() {
				switch i % 4 {
				case 0:
					caller = hasty
				case 1:
					var end context.CancelFunc
					ctx, end = context.WithTimeout(ctx, soon)
					defer end()
				}
				failOne(ctx, caller, i)
			})
		}
		calls.Wait()
		cancel()
		in.release()
		settle(t, "connections after "+in.fault.name, 0, closeIdle)
		f.broker.rest(f.proxy.finish())
	}
	begin(&faults[0], 0, nil)
	settle(t, "goroutines while the client lives", before, atRest)
	closeIdle()
	f.proxy.finish()
}

// leavesNothing reports whether no connection may be left after the fault. After a GOAWAY without a stream in progress
// net/http waits for the server to close the connection.
func (f *fault) leavesNothing() bool {
	return f.place != onIdle && (f.cut == nil || !f.cut.served)
}

// failOne makes one of several calls: a safe one, an unsafe GET, an unsafe POST, an idempotent one, and a list that it
// breaks off.
func failOne(ctx context.Context, c *vingd.Client, n int) {
	const user = "5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3"
	switch n % 5 {
	case 0:
		_, _ = c.Accounts.Balance(ctx)
	case 1:
		_, _ = c.Purchases.Verify(ctx, 5, user)
	case 2:
		_, _ = c.Rewards.Create(ctx, user, vingd.RewardParams{Amount: 1})
	case 3:
		_ = c.Purchases.Commit(ctx, &vingd.Purchase{ID: 7, Transfer: 8})
	default:
		for _, err := range c.Vouchers.All(ctx, vingd.VoucherFilter{}) {
			_ = err
			break
		}
	}
}

// countDescriptors returns how many files and sockets this process has open.
func countDescriptors() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		panic(err)
	}
	return len(files)
}

// settle waits until there are no more of something than before.
func settle(t *testing.T, what string, before int, read func() int) {
	t.Helper()
	now := 0
	for range 10_000 {
		if now = read(); now <= before {
			return
		}
		<-time.After(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("%d %s, there were %d before\n%s", now, what, before, stacks[:runtime.Stack(stacks, true)])
}
