package broker_test

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// BenchmarkRows shows the costs with few rows of each kind and with many, side by side. VINGD_BENCH_ROWS is the number of
// many. A time in milliseconds should be below the limit in the name.
func BenchmarkRows(b *testing.B) {
	many := endure.Number(b, "VINGD_BENCH_ROWS", 1_000_000)
	sizes := []*filled{newFilled(b, 1000), newFilled(b, many)}
	side := func(name, unit string, measure func(b *testing.B, f *filled) float64) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, f := range sizes {
					b.ReportMetric(measure(b, f), fmt.Sprintf("%d-%s", f.rows, unit))
				}
			}
			b.ReportMetric(0, "ns/op") // the sum of both says nothing
		})
	}
	side("start", "ms", func(b *testing.B, f *filled) float64 {
		f.close(b)
		begin := time.Now()
		f.open(b)
		return milliseconds(time.Since(begin))
	})
	side("file", "MB", func(b *testing.B, f *filled) float64 {
		f.close(b)
		defer f.open(b)
		return f.size(b)
	})
	side("first_row_10ms/vouchers", "ms", func(b *testing.B, f *filled) float64 {
		return slowest(b, f, combinations(f.voucherChoices()...), func(v broker.VoucherFilter) iter.Seq2[broker.Voucher, error] {
			return f.Vouchers(f.seller, v)
		})
	})
	side("first_row_10ms/history", "ms", func(b *testing.B, f *filled) float64 {
		return slowest(b, f, combinations(f.logChoices()...), func(l broker.LogFilter) iter.Seq2[broker.LogEntry, error] {
			return f.VoucherLog(f.seller, l)
		})
	})
	side("first_row_10ms/transfers", "ms", func(b *testing.B, f *filled) float64 { return f.slowestTransfers(b) })
	side("first_row_10ms/objects", "ms", func(b *testing.B, f *filled) float64 { return f.slowestObjects(b) })
	side("first_row_10ms/orders", "ms", func(b *testing.B, f *filled) float64 { return f.slowestOrders(b) })
	// The machine's own stalls, to compare the waits below with.
	side("wait_50ms/nothing", "ms", func(b *testing.B, f *filled) float64 {
		return f.longestWait(b, 50*time.Millisecond, func() error { <-time.After(5 * time.Second); return nil })
	})
	side("wait_50ms/list_of_vouchers", "ms", func(b *testing.B, f *filled) float64 {
		return f.longestWait(b, 50*time.Millisecond, func() error { return exhaust(f.Vouchers(f.seller, broker.VoucherFilter{})) })
	})
	side("wait_50ms/list_of_history", "ms", func(b *testing.B, f *filled) float64 {
		return f.longestWait(b, 50*time.Millisecond, func() error { return exhaust(f.VoucherLog(f.seller, broker.LogFilter{})) })
	})
	side("wait_100ms/advance_past_open_vouchers", "ms", func(b *testing.B, f *filled) float64 {
		due := newFilled(b, f.rows/2)
		due.insert(b, openVouchers...)
		begin := time.Now()
		wait := due.longestWait(b, 100*time.Millisecond, func() error { return due.Advance(time.Hour) })
		b.Logf("%d vouchers expired in %v", due.rows, time.Since(begin).Round(time.Millisecond))
		return wait
	})
}

// openVouchers reopen the vouchers, which expire within the next hour.
var openVouchers = []string{
	"UPDATE vouchers SET state = 'open', amount = 5, redeemer = NULL, ended = NULL, due = unixepoch() * 1000000 + 60000000 + id",
	"DELETE FROM voucher_log WHERE action <> 'add'",
	"UPDATE accounts SET balance = balance + $1 * 5 WHERE uid = 3",
	"UPDATE accounts SET balance = balance - $1 * 5 WHERE uid = 2",
	"UPDATE state SET value = 100000000 WHERE name IN ('transfer', 'thing')",
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// A choice is one way to set a filter.
type choice[F any] struct {
	name string
	set  func(*F)
}

// combinations returns every combination of the choices. Each list of choices is also left out.
func combinations[F any](lists ...[]choice[F]) map[string]F {
	all := map[string]F{"": *new(F)}
	for _, choices := range lists {
		for name, f := range maps.Clone(all) {
			for _, c := range choices {
				next := f
				c.set(&next)
				all[name+" "+c.name] = next
			}
		}
	}
	return all
}

// slowest returns the longest time that a list takes to its first row, or to its end if it is empty. It takes the best of
// three tries, so that other processes disturb it less.
func slowest[F, T any](b *testing.B, f *filled, filters map[string]F, list func(F) iter.Seq2[T, error]) float64 {
	b.Helper()
	type cost struct {
		name string
		time time.Duration
	}
	var costs []cost
	for name, filter := range filters {
		best := time.Hour
		for range 3 {
			begin := time.Now()
			for _, err := range list(filter) {
				if err != nil {
					b.Fatal(name, err)
				}
				break
			}
			best = min(best, time.Since(begin))
		}
		costs = append(costs, cost{name, best})
	}
	slices.SortFunc(costs, func(a, b cost) int { return int(b.time - a.time) })
	over := slices.IndexFunc(costs, func(c cost) bool { return c.time < 10*time.Millisecond })
	b.Logf("%d rows: %d of %d combinations take 10 ms or more; the slowest, %v, is%s", f.rows, over, len(costs), costs[0].time, costs[0].name)
	return milliseconds(costs[0].time)
}

// longestWait returns the longest time that another call takes while run runs. It logs how many calls take as long as the limit.
func (f *filled) longestWait(b *testing.B, limit time.Duration, run func() error) float64 {
	b.Helper()
	done := make(chan error, 1)
	go func() { done <- run() }()
	var longest time.Duration
	for calls, over := 1, 0; ; calls++ {
		begin := time.Now()
		if _, err := f.Balance(f.seller); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		if longest = max(longest, took); took >= limit {
			over++
		}
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			b.Logf("%d rows: %d of %d calls wait %v or longer", f.rows, over, calls, limit)
			return milliseconds(longest)
		default:
		}
	}
}

func exhaust[T any](rows iter.Seq2[T, error]) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}

// oneOf returns the choices of a field.
func oneOf[F, V any](name string, field func(*F) **V, values ...V) (all []choice[F]) {
	for _, v := range values {
		all = append(all, choice[F]{fmt.Sprintf("%s=%v", name, v), func(f *F) { *field(f) = &v }})
	}
	return all
}

func (f *filled) voucherChoices() [][]choice[broker.VoucherFilter] {
	return voucherChoices(f, func(v *broker.VoucherFilter) *broker.VoucherFilter { return v })
}

// voucherChoices returns the choices of the filters that lists of vouchers and of their history share.
func voucherChoices[F any](f *filled, of func(*F) *broker.VoucherFilter) [][]choice[F] {
	return [][]choice[F]{
		oneOf("from", func(v *F) **vingd.UID { return &of(v).From }, f.seller),
		oneOf("to", func(v *F) **vingd.UID { return &of(v).To }, f.buyer),
		oneOf("gid", func(v *F) **vingd.GroupID { return &of(v).Group }, "g", "one"),
		oneOf("valid_after", func(v *F) **time.Time { return &of(v).ValidAfter }, f.late, f.early),
		oneOf("valid_before", func(v *F) **time.Time { return &of(v).ValidBefore }, f.early, f.late),
		oneOf("first", func(v *F) **int64 { return &of(v).First }, 10),
		oneOf("last", func(v *F) **int64 { return &of(v).Last }, 10),
	}
}

func (f *filled) logChoices() [][]choice[broker.LogFilter] {
	shared := voucherChoices(f, func(l *broker.LogFilter) *broker.VoucherFilter { return &l.VoucherFilter })
	for i, choices := range shared {
		shared[i] = choices[:1] // there are 11 filters, and few rows match these values
	}
	return append(shared,
		oneOf("vid", func(l *broker.LogFilter) **vingd.VoucherID { return &l.ID }, f.voucher),
		oneOf("action", func(l *broker.LogFilter) **broker.Action { return &l.Action }, broker.ActionUse),
		oneOf("create_after", func(l *broker.LogFilter) **time.Time { return &l.CreateAfter }, f.early, f.late),
		oneOf("create_before", func(l *broker.LogFilter) **time.Time { return &l.CreateBefore }, f.early))
}

func (f *filled) slowestTransfers(b *testing.B) float64 {
	b.Helper()
	type F = broker.TransferFilter
	filters := combinations(
		oneOf("from", func(t *F) **vingd.UID { return &t.From }, f.seller, broker.Mint),
		oneOf("to", func(t *F) **vingd.UID { return &t.To }, f.seller, broker.Reserve, f.buyer),
		oneOf("since", func(t *F) **time.Time { return &t.Since }, f.early, f.late),
		oneOf("until", func(t *F) **time.Time { return &t.Until }, f.early, f.late),
		oneOf("first", func(t *F) **int64 { return &t.First }, 10),
		oneOf("last", func(t *F) **int64 { return &t.Last }, 10))
	for name, t := range filters { // the broker refuses a list of others' transfers
		if (t.From == nil || *t.From != f.seller) && (t.To == nil || *t.To != f.seller) {
			delete(filters, name)
		}
	}
	return slowest(b, f, filters, func(t F) iter.Seq2[ledger.Transfer, error] { return f.Transfers(f.seller, t) })
}

func (f *filled) slowestObjects(b *testing.B) float64 {
	b.Helper()
	type F = broker.ObjectFilter
	return slowest(b, f, combinations(
		oneOf("since", func(o *F) **time.Time { return &o.Since }, f.early, f.late),
		oneOf("until", func(o *F) **time.Time { return &o.Until }, f.early, f.late),
		oneOf("first", func(o *F) **int64 { return &o.First }, 10),
		oneOf("last", func(o *F) **int64 { return &o.Last }, 10),
	), func(o F) iter.Seq2[broker.Object, error] { return f.Objects(f.seller, o) })
}

func (f *filled) slowestOrders(b *testing.B) float64 {
	b.Helper()
	type F = broker.OrderFilter
	return slowest(b, f, combinations(
		oneOf("object", func(o *F) **vingd.ObjectID { return &o.Object }, f.object, f.object+1),
		[]choice[F]{{"all", func(o *F) { o.IncludeExpired = true }}},
	), func(o F) iter.Seq2[broker.Order, error] { return f.Orders(f.seller, o) })
}
