package paywall

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// The defaults of Options.
const (
	DefaultAccess        = 24 * time.Hour
	DefaultBuffer        = 1 << 20 // bytes
	DefaultCommitTimeout = 3 * time.Second
)

// Options configure a paywall. Only Journal is required.
type Options struct {
	// Journal keeps the state of each token; see [OpenJournal]. It belongs to one account at one broker.
	Journal Journal
	// Access remembers which buyer has bought what. If nil, a cookie and the journal do.
	Access Access
	// AccessFor is how long a buyer has what they bought, one minute or more. If zero, DefaultAccess is used. Some browsers
	// keep a cookie for 400 days at most.
	AccessFor time.Duration
	// Buffer is the number of bytes of content that are held back before the buyer is charged. If zero, DefaultBuffer is used.
	Buffer int
	// CommitTimeout is the time that a buyer waits for the broker's response to a commit, one millisecond or more. If zero,
	// DefaultCommitTimeout is used.
	CommitTimeout time.Duration
	// RequireCommit holds content back until the broker has confirmed the commit. If the broker does not respond in time,
	// the buyer sees a page that says to return. By default, the content is served and the commit is retried.
	RequireCommit bool
	// Pages is the template of the page with a [Notice], such as the price or a failure. If nil, a plain page is used.
	Pages *template.Template
	// Translate returns a notice with other texts, such as in the language of the request or with a description of the offer. The
	// request holds no token. Optional.
	Translate func(*http.Request, Notice) Notice
	// OnCommit is called with each purchase that the broker has committed, for receipts and accounting. If it returns an
	// error or panics, it is called again until it returns nil. Ten to twenty seconds later, each other process may call it
	// if this one has ended, or is still committing or calling. A process that closes calls it at once. So it may be called more
	// than once for a purchase: write Entry.Key into a unique column first. [Paywall.Revoke] can end the access of this purchase
	// once OnCommit has returned nil.
	//
	// Its context ends after 10 seconds, or with that of Close. No commit waits for a call that goes on, and neither does Close
	// after its context has ended. The function net/smtp.SendMail has no context, and may hang. Optional.
	OnCommit func(context.Context, Entry) error
	// Logger receives log records, without tokens and cookies. If nil, [slog.Default] is used.
	Logger *slog.Logger
	// Clock returns the time. It should be the client's clock. If nil, [time.Now] is used.
	Clock func() time.Time

	times times // the zero value is the standard
}

// maxAccess is how long AccessFor may be. Times that are much longer overflow.
const maxAccess = 100 * 365 * 24 * time.Hour

// complete returns the options with their defaults, or an error if they are invalid.
func (o Options) complete() (Options, error) {
	switch {
	case o.Journal == nil:
		return o, errors.New("option Journal is nil: must be a journal, such as that of OpenJournal")
	case o.AccessFor != 0 && o.AccessFor < time.Minute:
		return o, fmt.Errorf("option AccessFor %v: must be one minute or more", o.AccessFor)
	case o.AccessFor > maxAccess:
		return o, fmt.Errorf("option AccessFor %v: must be 100 years or less", o.AccessFor)
	case o.Buffer < 0:
		return o, fmt.Errorf("option Buffer %d: must be 1 or more", o.Buffer)
	case o.CommitTimeout < 0 || o.CommitTimeout > 0 && o.CommitTimeout < time.Millisecond:
		return o, fmt.Errorf("option CommitTimeout %v: must be one millisecond or more", o.CommitTimeout)
	}
	setDefault(&o.AccessFor, DefaultAccess)
	setDefault(&o.Buffer, DefaultBuffer)
	setDefault(&o.CommitTimeout, DefaultCommitTimeout)
	setDefault(&o.Pages, defaultPage)
	setDefault(&o.Logger, slog.Default())
	setDefault(&o.times, standardTimes)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	for _, notice := range notices {
		if err := o.Pages.Execute(io.Discard, notice); err != nil {
			return o, fmt.Errorf("option Pages: %w", err)
		}
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
