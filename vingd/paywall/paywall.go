package paywall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// reservation is how long the broker keeps the price of a purchase reserved at most, counted from its verification.
const reservation = 15 * time.Minute

// A Paywall sells pages. It is safe for concurrent use; make one for each journal, and close it when done.
type Paywall struct {
	client  *vingd.Client
	options Options

	orders     orders
	objects    objects
	flights    flights
	deliveries deliveries
	commits    commits
	settled    *settled
	tasks      tasks
}

// New returns a paywall, and goes on where the last one with this journal ended: it commits the purchases that were
// being served then. Nothing else is sent before a buyer comes.
func New(client *vingd.Client, options Options) (*Paywall, error) {
	if client == nil {
		return nil, errors.New("paywall: the client is nil")
	}
	options, err := options.complete()
	if err != nil {
		return nil, fmt.Errorf("paywall: %w", err)
	}
	p := &Paywall{
		client: client, options: options,
		orders: newOrders(), objects: newObjects(), flights: newFlights(), deliveries: newDeliveries(), commits: newCommits(), settled: newSettled(),
	}
	p.tasks.begin()
	if err := p.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("paywall: %w", err), p.tasks.close(context.Background()))
	}
	p.tasks.start(p.sweep)
	return p, nil
}

// Close ends what the paywall does on its own, and waits for it. What is due is committed as long as ctx lives; the rest
// stays in the journal, and is committed by the next paywall that is given it. Shut the server down first.
// Neither the client nor the journal is closed.
func (p *Paywall) Close(ctx context.Context) error {
	if err := p.tasks.close(ctx); err != nil {
		return fmt.Errorf("paywall: what is not committed yet is left to the journal: %w", err)
	}
	return nil
}

// Sell returns a handler that serves content to those who have bought it.
//
// For each request, offer says what is sold there, or that it is free. It must say the same again of the request with
// which the buyer comes back; when the price was changed meanwhile, she is not charged. Neither offer nor content sees
// a token in a request.
func (p *Paywall) Sell(offer func(*http.Request) (Offer, error), content http.Handler) http.Handler {
	return &page{Paywall: p, offer: offer, content: content}
}

// now returns the time by the paywall's clock.
func (p *Paywall) now() time.Time { return p.options.Clock() }

// log returns the logger with what is known of a purchase. Neither tokens nor cookies are.
func (p *Paywall) log(entry Entry) *slog.Logger {
	return p.options.Logger.With("object", entry.Object, "order", entry.Order, "purchase", entry.Purchase)
}

// tasks are what goes on beyond a request.
type tasks struct {
	life    context.Context // of the tasks
	end     context.CancelFunc
	closing chan struct{} // closed when no more are started

	mu      sync.Mutex // of closed, and of adding to running
	closed  bool
	running sync.WaitGroup
}

func (t *tasks) begin() {
	t.life, t.end = context.WithCancel(context.Background())
	t.closing = make(chan struct{})
}

// start runs a task, and reports whether it did: it does not after close.
func (t *tasks) start(task func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.running.Go(task)
	return true
}

// lend returns a context with the values of a request's, such as its trace, that lives as long as the tasks do.
func (t *tasks) lend(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(t.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// close waits for the tasks to end by themselves while ctx lives, and ends them then.
func (t *tasks) close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.closing)
	}
	t.mu.Unlock()
	defer t.end()
	ended := make(chan struct{})
	go func() {
		t.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		t.end()
		<-ended
		return context.Cause(ctx)
	}
}
