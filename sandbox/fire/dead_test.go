package fire_test

import (
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// TestDeadConnection lets a tunnel forget its connections: it swallows their bytes, closes none, and forwards new ones.
// TCP gives up such a connection after a quarter of an hour. The client's own transport must do so after ten seconds.
// Until then the outcome of calls is unknown.
func TestDeadConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits ten seconds until a connection is dead")
	}
	t.Parallel()
	var running sync.WaitGroup
	for w := range wires {
		running.Go(func() { reviveOver(t, w) })
	}
	running.Wait()
}

// reviveOver makes calls over a wire until one succeeds.
func reviveOver(t *testing.T, w wire) {
	const most = 40 // calls of a second
	f := newFixture(t)
	defer f.close(t)
	in := newInjection(&plannedCall{transport: &transports[0], fault: faultNamed("idle connection swallowed")}, func() {})
	f.begin(in)
	ctx := in.trace(t.Context())
	client := newClient(in.transport, w, nil, f.proxy, vingd.WithTimeout(time.Second), vingd.WithRetries(0))
	must(client.Accounts.Balance(ctx))
	in.arm(true)
	f.proxy.strikeIdle()

	done, unknown := f.broker.timesPaid(5), 0
	var err error
	for range most {
		_, err = client.Rewards.Create(ctx, f.broker.friend, vingd.RewardParams{Amount: 5})
		if err == nil {
			break
		}
		unknown += count(vingd.OutcomeOf(err) == vingd.OutcomeUnknown)
	}
	client.CloseIdleConnections()
	f.broker.rest(f.proxy.finish())
	t.Logf("%v: %d calls of unknown outcome", w, unknown)
	switch got, died := done(), in.seen().strikes; {
	case died == 0 || unknown == 0:
		t.Errorf("%v: %d connections died, and %d calls noticed", w, died, unknown)
	case err != nil:
		t.Errorf("%v: %d calls, and still %v", w, most, err)
	case got < 1 || got > 1+unknown:
		t.Errorf("%v: the ledger has %d rewards, and the client says 1 and %d of unknown outcome", w, got, unknown)
	}
}
