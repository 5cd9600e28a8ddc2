package paywall

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"time"
)

// DefaultAccess is how long a buyer has what she bought, unless Options tell otherwise.
const DefaultAccess = 24 * time.Hour

// minKey is the least length of a key, in bytes.
const minKey = 32

// A Promise says what comes first, serving or the commit, and with it who bears it when something breaks in between.
type Promise int

const (
	// ServeThenCommit serves first: the buyer pays if and only if she was served. When she breaks off before the end, or comes back so
	// late that her reservation ends while she is served, it is the seller who is not paid.
	ServeThenCommit Promise = iota
	// CommitThenServe takes the money first: nobody is served who has not paid. When serving fails she has paid, and gets it when she reloads.
	CommitThenServe
)

// Options say how a paywall works.
type Options struct {
	// Keys sign the access cookies: the first signs, all verify, so that a new one can be put in front. Each is 32 random
	// bytes or more, and secret. With Access they are not needed.
	Keys [][]byte
	// Journal keeps what became of each token; see [OpenJournal].
	Journal Journal
	// Access remembers who has bought what; the default is a signed cookie for each object.
	Access Access
	// AccessFor is how long a buyer has what she bought; the default is [DefaultAccess].
	AccessFor time.Duration
	// Promise says what comes first, serving or the commit; the default is [ServeThenCommit].
	Promise Promise
	// Pages is what people see when they cannot be served: a template of a [Failure]. The default is a plain page.
	Pages *template.Template
	// Logger gets what happens, without tokens and cookies; the default is [slog.Default].
	Logger *slog.Logger
	// Clock tells the time, and should be that of the client; the default is [time.Now].
	Clock func() time.Time
}

// complete returns the options with their defaults, or what is wrong with them.
func (o Options) complete() (Options, error) {
	if o.Journal == nil {
		return o, errors.New("there is no Journal: open one by OpenJournal")
	}
	if o.AccessFor < 0 {
		return o, fmt.Errorf("AccessFor is %v, must be above zero, or zero for the default", o.AccessFor)
	}
	if o.AccessFor == 0 {
		o.AccessFor = DefaultAccess
	}
	if o.Promise != ServeThenCommit && o.Promise != CommitThenServe {
		return o, fmt.Errorf("Promise is %d, must be ServeThenCommit or CommitThenServe", o.Promise)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Pages == nil {
		o.Pages = defaultPage
	}
	if o.Access == nil {
		cookies, err := newCookies(o.Keys, o.Clock, o.Logger)
		if err != nil {
			return o, err
		}
		o.Access = cookies
	}
	o.Keys = nil // nobody needs them any more
	return o, nil
}
