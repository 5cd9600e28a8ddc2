package paywall

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// objects are the objects that are registered.
type objects struct {
	turn   chan struct{} // held by the caller that asks the broker
	listed time.Time     // the last list is from; guarded by turn

	mu      sync.Mutex
	known   map[vingd.ObjectParams]vingd.ObjectID
	names   map[vingd.ObjectID]string
	doubted map[vingd.ObjectID]bool
}

func newObjects() objects {
	return objects{
		turn: make(chan struct{}, 1), known: make(map[vingd.ObjectParams]vingd.ObjectID), names: make(map[vingd.ObjectID]string), doubted: make(map[vingd.ObjectID]bool),
	}
}

func (o *objects) find(params vingd.ObjectParams) vingd.ObjectID {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.known[params]
}

// keep remembers an object. Of several with the same name and URL, the one with the lowest id counts.
func (o *objects) keep(params vingd.ObjectParams, id vingd.ObjectID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old := o.known[params]; old == 0 || id < old {
		o.known[params] = id
	}
	o.names[id] = params.Name
}

// name returns the name of an object, or an empty string if EnsureObject has not met it.
func (o *objects) name(id vingd.ObjectID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names[id]
}

// doubt forgets an object that the broker does not know any more.
func (o *objects) doubt(id vingd.ObjectID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubted[id] = true
	for params, known := range o.known {
		if known == id {
			delete(o.known, params)
		}
	}
}

func (o *objects) isDoubted(id vingd.ObjectID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.doubted[id]
}

// EnsureObject returns the object with a name and a URL. It registers the object if there is none.
//
// EnsureObject remembers what it finds, and notes it in the journal. It can be called for every request, and works after a
// restart while the broker is unreachable. Several processes that register an object at once agree on one.
//
// The name and the URL are the key of an object. With another name, EnsureObject registers another object, which earlier
// buyers have not bought. Choose a name that stays when the headline changes, such as the number or the path of an article.
//
// The URL is the address of the page that [Paywall.Sell] serves. Its scheme is http or https.
func (p *Paywall) EnsureObject(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, error) {
	if u, err := url.Parse(params.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return 0, errors.New("paywall: the object's URL must be like https://shop.example/page, without a user")
	}
	if id, ok := p.knownObject(ctx, params); ok {
		return id, nil // it does not wait for those that are unknown
	}
	select {
	case p.objects.turn <- struct{}{}:
		defer func() { <-p.objects.turn }()
	case <-ctx.Done():
		return 0, fmt.Errorf("paywall: object %q: %w", params.Name, ctx.Err())
	}
	id, err := p.findOrRegister(ctx, params)
	if err != nil {
		return 0, fmt.Errorf("paywall: object %q: %w", params.Name, err)
	}
	return id, nil
}

// knownObject returns an object from memory or the journal.
func (p *Paywall) knownObject(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, bool) {
	if id := p.objects.find(params); id != 0 {
		return id, true
	}
	note, err := p.find(ctx, objectKey(params))
	if err != nil || note.State != StateNoted || p.objects.isDoubted(note.Object) {
		return 0, false
	}
	p.objects.keep(params, note.Object)
	return note.Object, true
}

// findOrRegister looks for an object at the broker, and registers it if there is none.
func (p *Paywall) findOrRegister(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, error) {
	if id := p.objects.find(params); id != 0 {
		return id, nil // the previous caller has found it
	}
	const young = time.Minute // the list below has the later ones
	if time.Since(p.objects.listed) > young {
		if err := p.listObjects(ctx); err != nil {
			return 0, err
		}
	}
	if p.objects.find(params) == 0 {
		id, failed := p.client.Objects.Create(ctx, params)
		if failed != nil && !errors.Is(failed, vingd.ErrOutcomeUnknown) {
			return 0, failed
		}
		if err := p.listObjects(ctx); err != nil { // another process may have registered it, too
			return 0, errors.Join(failed, err)
		}
		if id != 0 {
			p.objects.keep(params, id)
		}
		if p.objects.find(params) == 0 {
			return 0, failed
		}
	}
	id := p.objects.find(params)
	note, err := p.find(ctx, objectKey(params))
	if err == nil && note.Object != id {
		note.State, note.Object, note.Until = StateNoted, id, p.until(maxAccess) // it is never purged
		_, err = p.swapOnce(ctx, note)
	}
	if err != nil { // without the note, the next process asks the broker
		p.options.Logger.Warn("paywall: an object is not noted in the journal", "object", id, "error", err)
	}
	return id, nil
}

// objectKey returns the key of the note of an object.
func objectKey(params vingd.ObjectParams) Key {
	return sha256.Sum256([]byte("object " + params.URL + " " + params.Name))
}

// listObjects remembers all that the seller has registered.
func (p *Paywall) listObjects(ctx context.Context) error {
	for object, err := range p.client.Objects.All(ctx, vingd.ObjectFilter{}) {
		if err != nil {
			return err
		}
		p.objects.keep(vingd.ObjectParams{Name: object.Name, URL: object.URL}, object.ID)
	}
	p.objects.listed = time.Now()
	return nil
}
