package vingd_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// A modelVoucher is made and ends at times that count from when the revocation was sent.
type modelVoucher struct {
	added, ended time.Duration
	end          vingd.VoucherAction // empty while it is open
}

func (v *modelVoucher) isOpen(at time.Duration) bool {
	return v.added <= at && (v.end == "" || v.ended > at)
}

// A revokeWorld is what a revocation of all vouchers meets, and what becomes of it.
type revokeWorld struct {
	vouchers []modelVoucher
	revoked  time.Duration // when the revocation is done; 0 if it is not
	lookedUp time.Duration
	clock    clock
	shuffled bool // numbers of entries are not in the order of time
	seconds  bool // times are in whole seconds
	refunds  bool // an entry has the transfer that gave the money back, not the one that reserved it
}

func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

func drawRevokeWorld(r *rand.Rand) *revokeWorld {
	w := &revokeWorld{
		lookedUp: pick(r, 31*time.Second, 5*time.Minute, 3*time.Hour),
		clock:    pick(r, clocks...), shuffled: r.IntN(3) == 0, seconds: r.IntN(3) == 0, refunds: r.IntN(3) > 0,
	}
	for range 1 + r.IntN(4) {
		v := modelVoucher{added: pick(r, -50*time.Hour, -2*time.Hour, -70*time.Second, -30*time.Second, -5*time.Second, 200*time.Millisecond, 25*time.Second, 90*time.Second)}
		if r.IntN(2) == 0 {
			v.end = pick(r, vingd.VoucherActionUse, vingd.VoucherActionRevoke, vingd.VoucherActionExpire)
			v.ended = max(v.added+time.Second, pick(r, -40*time.Hour, -time.Hour, -40*time.Second, -3*time.Second, time.Second, 28*time.Second, 100*time.Second))
		}
		w.vouchers = append(w.vouchers, v)
	}
	if r.IntN(2) == 0 {
		at := pick(r, 500*time.Millisecond, 20*time.Second)
		for i := range w.vouchers {
			if v := &w.vouchers[i]; v.isOpen(at) {
				v.end, v.ended = vingd.VoucherActionRevoke, at
				w.revoked = at
			}
		}
	}
	return w
}

// broker returns one that has the log of the world, as it is when it is looked up.
func (w *revokeWorld) broker(sent time.Time) *modelBroker {
	now := sent.Add(w.lookedUp)
	b := &modelBroker{clock: w.clock, now: func() time.Time { return now }}
	entry := func(i int, action vingd.VoucherAction, at time.Duration) {
		if at > w.lookedUp {
			return
		}
		stamp := sent.Add(at)
		if w.seconds {
			stamp = stamp.Truncate(time.Second)
		}
		transfer := 100 + i
		if action == vingd.VoucherActionRevoke && w.refunds {
			transfer += 100
		}
		b.add(stamp, map[string]any{
			"action": string(action), "ts_created": stamp.Add(w.clock.ahead).UTC().Format(time.RFC3339Nano), "vid": i + 1,
			"vid_encoded": fmt.Sprint("V", i), "amount_vouched": 3, "id_fort_transfer": transfer,
		})
	}
	for i, v := range w.vouchers {
		entry(i, vingd.VoucherActionAdd, v.added)
		if v.end != "" {
			entry(i, v.end, v.ended)
		}
	}
	slices.SortStableFunc(b.rows, func(x, y modelRow) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.id, y.id)) })
	order := func(i int) int { return i }
	if w.shuffled {
		order = func(i int) int { return i ^ 1 }
	}
	for i := range b.rows {
		b.rows[i].data["id"] = order(i) + 1
	}
	slices.SortFunc(b.rows, func(x, y modelRow) int { return cmp.Compare(x.data["id"].(int), y.data["id"].(int)) })
	return b
}

// problem says what is wrong with the verdict on a world.
func (w *revokeWorld) problem(got map[vingd.VoucherCode]vingd.TransferID, err error) string {
	left, revocations, since, later := false, false, 0, false
	for i, v := range w.vouchers {
		left = left || v.added <= 0 && v.isOpen(w.lookedUp)
		later = later || v.added > 0 && v.added <= time.Minute+time.Second
		if v.end == vingd.VoucherActionRevoke && v.ended <= w.lookedUp {
			revocations = revocations || v.ended > -24*time.Hour
			if v.ended >= 0 {
				since++
			}
		}
		if refund, ok := got[vingd.VoucherCode(fmt.Sprint("V", i))]; ok {
			want := vingd.TransferID(0)
			if w.refunds {
				want = vingd.TransferID(200 + i)
			}
			if v.end != vingd.VoucherActionRevoke || refund != want {
				return fmt.Sprintf("voucher %d was given back by %v", i, refund)
			}
		}
	}
	outcome := vingd.OutcomeOf(err)
	ordinary := w.clock.ordinary && w.clock.ahead == 0 && w.clock.date != ""
	switch {
	case outcome == vingd.OutcomeNotDone && w.revoked != 0:
		return "a lie: not done"
	case outcome == vingd.OutcomeDone && left:
		return "a lie: done, but a voucher is left"
	case outcome == vingd.OutcomeDone && len(got) < since:
		return "done, but one that was revoked is missing"
	case outcome != vingd.OutcomeNotDone && ordinary && !revocations:
		return "a needless doubt: none was revoked"
	case outcome != vingd.OutcomeDone && ordinary && w.revoked != 0 && !left && !later:
		return "a needless doubt: all were revoked"
	}
	return ""
}

// ReconcileRevoke never says what is not so, whatever order the log is in and whatever others revoke.
func TestReconcileRevoke_RandomLogs(t *testing.T) {
	tries := 1000
	if endure.Whole() {
		tries = 20_000
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	outcomes := map[vingd.Outcome]int{}
	sent := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	for range tries {
		w := drawRevokeWorld(r)
		b := w.broker(sent)
		client := newSeller(t, b, vingd.WithSettleTime(0), vingd.WithClock(b.now))
		got, err := client.Vouchers.ReconcileRevoke(t.Context(), vingd.VoucherFilter{}, sent)
		outcomes[vingd.OutcomeOf(err)]++
		if problem := w.problem(got, err); problem != "" {
			t.Errorf("%+v: %s (%v, %v)", *w, problem, got, err)
		}
	}
	t.Log(outcomes)
}

// A voucher is not over because the log has an entry of it that this client does not know.
func TestReconcileRevoke_UnknownActionLeavesDoubt(t *testing.T) {
	sent := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := &revokeWorld{lookedUp: 5 * time.Minute, clock: clocks[0], refunds: true, vouchers: []modelVoucher{
		{added: -time.Hour, ended: time.Second, end: vingd.VoucherActionRevoke},
		{added: -time.Hour, ended: -time.Minute, end: "extend"},
	}}
	b := w.broker(sent)
	client := newSeller(t, b, vingd.WithSettleTime(0), vingd.WithClock(b.now))
	got, err := client.Vouchers.ReconcileRevoke(t.Context(), vingd.VoucherFilter{}, sent)
	if outcome := vingd.OutcomeOf(err); outcome != vingd.OutcomeUnknown {
		t.Errorf("got %v, %v, want the outcome to stay unknown: a voucher may be open", got, err)
	}
}

// A log in local time makes an open voucher seem to be made after the call. Its entries of the future show that.
func TestReconcileRevoke_LocalTime(t *testing.T) {
	sent := time.Now()
	w := &revokeWorld{lookedUp: 31 * time.Second, clock: clocks[0], vouchers: []modelVoucher{
		{added: -90 * time.Minute, end: vingd.VoucherActionRevoke, ended: -40 * time.Minute}, {added: -50 * time.Minute},
	}}
	for _, zone := range []time.Duration{-5 * time.Hour, 0, time.Hour, 2 * time.Hour} {
		b := w.broker(sent)
		for _, row := range b.rows {
			row.data["ts_created"] = row.at.Add(zone).UTC().Format(time.RFC3339Nano)
		}
		client := newSeller(t, b, vingd.WithSettleTime(0), vingd.WithClock(b.now))
		revoked, err := client.Vouchers.ReconcileRevoke(t.Context(), vingd.VoucherFilter{}, sent)
		if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
			t.Errorf("zone %v: got %v, %v (%v), want unknown", zone, revoked, got, err)
		}
	}
}
