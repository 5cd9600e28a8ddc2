package paywall

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// reservation is how long the broker keeps the price of a purchase reserved at most, from its payment on.
const reservation = 15 * time.Minute

// maxSettled bounds how many entries are remembered, of purchases and of browsers: two generations of so many.
const maxSettled = 1 << 16

// A Paywall sells pages. It is safe for concurrent use. Make one for each journal in a process, and close it when done.
type Paywall struct {
	client  *vingd.Client
	options Options
	times   times

	orders   orders
	objects  objects
	flights  flights
	commits  commits
	settled  *recent[Key, known] // entries that rarely change any more
	counters *counters
	tasks    tasks
}

// times say how long the paywall waits. Tests shorten them.
type times struct {
	verification time.Duration // a verification takes this long at most, and a claim that lasts longer is made again
	waitForClaim time.Duration // a request waits this long for another process's verification
	look         time.Duration // between two looks at the journal
	journalWait  time.Duration // a request waits this long for the journal
	call         time.Duration // the context of OnCommit ends then
	sweep        time.Duration // between two readings of the journal
	purge        time.Duration
	remember     time.Duration // an entry that rarely changes is used this long without the journal
}

var standardTimes = times{
	verification: 30 * time.Second, waitForClaim: 5 * time.Second, look: 100 * time.Millisecond, journalWait: 10 * time.Second,
	call: 10 * time.Second, sweep: 10 * time.Second, purge: time.Hour, remember: time.Minute,
}

// New returns a paywall. In the background, it commits the purchases that an ended process has left due in the journal.
//
// All paywalls of a journal must have the same account at the same broker; see [Journal].
//
// It returns an error if client is nil or an option is invalid.
func New(client *vingd.Client, options Options) (*Paywall, error) {
	if client == nil {
		return nil, errors.New("paywall: the client is nil")
	}
	options, err := options.complete()
	if err != nil {
		return nil, fmt.Errorf("paywall: %w", err)
	}
	p := &Paywall{
		client: client, options: options, times: options.times,
		orders: newOrders(), objects: newObjects(), flights: newFlights(), commits: newCommits(),
		settled: newRecent[Key, known](maxSettled), counters: newCounters(),
	}
	p.tasks.begin()
	for range committers {
		p.tasks.start(p.work)
	}
	p.tasks.start(p.sweep)
	return p, nil
}

// Close commits the purchases that are due, until ctx ends, and stops the work in the background. It also waits for OnCommit, for
// the first reading of the journal, and for verifications. Shut the server down first, and close the journal after the paywall.
//
// It returns nil only if this process knows of no purchase that is still due. An error says how many stay in the journal, and
// another process commits them. Close also returns an error in these cases, and each further Close returns it again:
//
//   - The last reading of the journal failed.
//   - The journal has not told whether a purchase became due.
//   - A verification or a purge was cut off.
//
// The work ends with the first Close whose ctx ends. OnCommit must not call Close: it would wait for itself.
//
// Once Close has begun, content that becomes ready is not charged for. Its buyer gets the page for [ReasonUnavailable]. A buyer
// who has bought the content before is served.
func (p *Paywall) Close(ctx context.Context) error {
	cause := p.tasks.close(ctx)
	due, unsure := p.commits.left()
	var left error
	if due > 0 {
		left = fmt.Errorf("purchases that are due stay in the journal: %d", due)
	}
	if unsure != nil {
		left = also(left, fmt.Errorf("purchases that are due may stay in the journal: %w", unsure))
	}
	if what := p.tasks.wasCut(); what != "" {
		left = also(left, errors.New(what+" was cut off"))
	}
	if left == nil {
		return nil
	}
	return fmt.Errorf("paywall: %w", also(left, cause))
}

// also joins two errors in one line. Each of them may be nil.
func also(err, more error) error {
	if err == nil || more == nil {
		return errors.Join(err, more)
	}
	return fmt.Errorf("%w; %w", err, more)
}

// Sell returns a handler that serves content to those who have bought it. It panics if offer or content is nil.
//
// For each request, offer returns what is sold there, or the zero Offer if it is free. It must return the same for the
// request with which the buyer returns. If the price has changed, the buyer is not charged. Neither offer nor content
// sees a token in a request.
//
// Content that has not been charged for is made ready first. It is run with a GET request without Range and conditional
// headers, and its response is held back. The content is ready in each of these cases:
//
//   - It returns with a 2xx status, a body, and as many bytes as its Content-Length declares. The body may be a file that a
//     proxy sends, by X-Accel-Redirect or X-Sendfile.
//   - It writes more than Options.Buffer.
//   - It flushes or hijacks.
//
// Any other response goes out, and the buyer is not charged. If content fails after it has begun with a success, as
// [http.Error] does after part of a template, the failure goes out in its place.
func (p *Paywall) Sell(offer func(*http.Request) (Offer, error), content http.Handler) http.Handler {
	if offer == nil || content == nil {
		panic("paywall: Sell: offer and content must not be nil")
	}
	return &page{Paywall: p, offer: offer, content: content}
}

// Middleware returns Sell as a middleware for routers.
func (p *Paywall) Middleware(offer func(*http.Request) (Offer, error)) func(http.Handler) http.Handler {
	if offer == nil {
		panic("paywall: Middleware: offer must not be nil")
	}
	return func(content http.Handler) http.Handler { return p.Sell(offer, content) }
}

// now returns the time by the paywall's clock.
func (p *Paywall) now() time.Time { return p.options.Clock() }

// log returns the logger with what is known of a purchase, without secrets.
func (p *Paywall) log(entry Entry) *slog.Logger {
	return p.options.Logger.With("object", entry.Object, "order", entry.Order, "purchase", entry.Purchase)
}
