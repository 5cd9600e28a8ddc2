package command

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// queued is how many records of the log wait for a slow reader.
	queued = 4096
	// lastWords is how long the end of the sandbox waits for a slow reader.
	lastWords = time.Second
)

// A queue is a slog.Handler that never waits for its reader. A goroutine passes the records on. Records that find the queue
// full, or that cannot be written, are dropped, and a later record counts them.
type queue struct {
	next    slog.Handler
	records chan slog.Record
	dropped atomic.Int64
	ending  chan struct{} // closed by end
	ended   chan struct{} // closed when the goroutine has passed on the last record
}

// newQueue returns a queue in front of a handler. End it when done.
func newQueue(next slog.Handler) *queue {
	q := &queue{next: next, records: make(chan slog.Record, queued), ending: make(chan struct{}), ended: make(chan struct{})}
	go q.run()
	return q
}

// Enabled returns true.
func (*queue) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs returns the handler as it is.
func (q *queue) WithAttrs([]slog.Attr) slog.Handler { return q }

// WithGroup returns the handler as it is.
func (q *queue) WithGroup(string) slog.Handler { return q }

// Handle queues a record, or drops it.
func (q *queue) Handle(_ context.Context, record slog.Record) error {
	select {
	case q.records <- record:
	default:
		q.dropped.Add(1)
	}
	return nil
}

// end waits until the queued records are written, or a moment if their reader is slow. A write that still waits then ends
// with its reader or with the process.
func (q *queue) end() {
	close(q.ending)
	select {
	case <-q.ended:
	case <-time.After(lastWords):
	}
}

func (q *queue) run() {
	defer close(q.ended)
	for {
		select {
		case record := <-q.records:
			q.write(record)
		case <-q.ending:
			for len(q.records) > 0 {
				q.write(<-q.records)
			}
			q.tellDropped()
			return
		}
	}
}

func (q *queue) write(record slog.Record) {
	q.tellDropped()
	if err := q.next.Handle(context.Background(), record); err != nil {
		q.dropped.Add(1)
	}
}

// tellDropped writes how many records were dropped.
func (q *queue) tellDropped() {
	n := q.dropped.Swap(0)
	if n == 0 {
		return
	}
	record := slog.NewRecord(time.Now(), slog.LevelWarn, "lines are missing: the output was not read in time", 0)
	record.AddAttrs(slog.Int64("missing", n))
	if err := q.next.Handle(context.Background(), record); err != nil {
		q.dropped.Add(n)
	}
}
