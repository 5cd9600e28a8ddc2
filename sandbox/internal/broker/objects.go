package broker

import (
	"net/url"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Description says what an object is.
type Description struct {
	// Name is what the buyer reads, and URL where she goes when she has paid.
	Name string
	URL  string
	// More is what else the seller wants to be kept. It is never changed once it is given.
	More map[string]any
}

// An Object is something that a seller sells.
type Object struct {
	ID          vingd.ObjectID
	Seller      vingd.UID
	Description Description
	Created     time.Time
	Modified    time.Time
}

// An ObjectFilter narrows down objects. What is zero does not.
type ObjectFilter struct {
	Since, Until time.Time
	First, Last  int64
}

func (d Description) check() error {
	if d.Name == "" {
		return refuse(ErrInvalid, "description.name must not be empty")
	}
	u, err := url.Parse(d.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return refuse(ErrInvalid, "description.url %q: must be an absolute http or https address", d.URL)
	}
	return nil
}

// CreateObject registers an object.
func (b *Broker) CreateObject(caller vingd.UID, d Description) (vingd.ObjectID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := d.check(); err != nil {
		return 0, err
	}
	o := &Object{ID: vingd.ObjectID(b.nextID()), Seller: caller, Description: d, Created: now, Modified: now}
	b.objects[o.ID] = o
	seller := b.users[caller]
	seller.objects = append(seller.objects, o)
	return o.ID, nil
}

// UpdateObject gives one of the caller's objects another description.
func (b *Broker) UpdateObject(caller vingd.UID, id vingd.ObjectID, d Description) error {
	now := b.begin()
	defer b.mu.Unlock()
	o, err := b.object(caller, id)
	if err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	o.Description, o.Modified = d, now
	return nil
}

// Object returns one of the caller's objects, if the filter leaves it.
func (b *Broker) Object(caller vingd.UID, id vingd.ObjectID, f ObjectFilter) (Object, error) {
	b.begin()
	defer b.mu.Unlock()
	o, err := b.object(caller, id)
	if err != nil {
		return Object{}, err
	}
	if !within(o.Created, f.Since, f.Until) {
		return Object{}, refuse(ErrNotFound, "object %d is not within the filters", id)
	}
	return *o, nil
}

// Objects returns the caller's objects that the filter leaves, oldest first.
func (b *Broker) Objects(caller vingd.UID, f ObjectFilter) []Object {
	b.begin()
	defer b.mu.Unlock()
	var kept []Object
	for _, o := range b.users[caller].objects {
		if within(o.Created, f.Since, f.Until) {
			kept = append(kept, *o)
		}
	}
	return ends(kept, f.First, f.Last)
}

// object returns one of the seller's objects.
func (b *Broker) object(seller vingd.UID, id vingd.ObjectID) (*Object, error) {
	o, ok := b.objects[id]
	if !ok || o.Seller != seller {
		return nil, refuse(ErrNotFound, "there is no object %d", id)
	}
	return o, nil
}
