package paywall

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/vingd/vingd-api-go/vingd"
)

// objects are the objects that were found or registered. Whose turn it is may use them.
type objects struct {
	turn  chan struct{}
	known map[vingd.ObjectParams]vingd.ObjectID
}

func newObjects() objects {
	return objects{turn: make(chan struct{}, 1), known: make(map[vingd.ObjectParams]vingd.ObjectID)}
}

// EnsureObject returns the object of a name and a URL, and registers it if there is none. The API has no such call: it
// lists the seller's objects first, and lists them again when nobody knows whether one was registered. What it finds it
// remembers, so that it can be called for every request. Two processes that register at once may register two.
//
// The URL is where buyers come back to: the page that [Paywall.Sell] serves, on http or https.
func (p *Paywall) EnsureObject(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, error) {
	if u, err := url.Parse(params.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return 0, errors.New("paywall: the object's URL must be like https://shop.example/page, without a user")
	}
	o := &p.objects
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return 0, fmt.Errorf("paywall: object %q: %w", params.Name, ctx.Err())
	}
	if id := o.known[params]; id != 0 {
		return id, nil
	}
	id, err := p.findOrRegister(ctx, params)
	if err != nil {
		return 0, fmt.Errorf("paywall: object %q: %w", params.Name, err)
	}
	o.known[params] = id
	return id, nil
}

func (p *Paywall) findOrRegister(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, error) {
	id, err := p.findObject(ctx, params)
	if err != nil || id != 0 {
		return id, err
	}
	id, failed := p.client.Objects.Create(ctx, params)
	if failed == nil || !errors.Is(failed, vingd.ErrOutcomeUnknown) {
		return id, failed
	}
	if id, err = p.findObject(ctx, params); err != nil || id == 0 {
		return 0, errors.Join(failed, err)
	}
	return id, nil
}

// findObject returns the object of a name and a URL, or zero.
func (p *Paywall) findObject(ctx context.Context, params vingd.ObjectParams) (vingd.ObjectID, error) {
	for object, err := range p.client.Objects.All(ctx, vingd.ObjectFilter{}) {
		if err != nil {
			return 0, err
		}
		if object.Name == params.Name && object.URL == params.URL {
			return object.ID, nil
		}
	}
	return 0, nil
}
