package broker

import (
	"encoding/json"
	"iter"
	"net/url"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Description describes an object to its buyers.
type Description struct {
	// The buyer reads Name, and goes to URL after paying.
	Name string
	URL  string
	// Text is the JSON object that holds both, as the seller sent it. If empty, it is made of Name and URL.
	Text string
}

// An Object is an item that a seller sells.
type Object struct {
	ID          vingd.ObjectID
	Seller      vingd.UID
	Description Description
	Created     time.Time
	Modified    time.Time
}

// An ObjectFilter selects objects. A nil field matches all.
type ObjectFilter struct {
	Since, Until *time.Time
	First, Last  *int64
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

const (
	objectColumns = "id, seller, name, url, description, created, modified"
	insertObject  = "INSERT INTO objects (" + objectColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $6)"
	updateObject  = "UPDATE objects SET name = $2, url = $3, description = $4, modified = $5 WHERE id = $1"
	selectObject  = "SELECT " + objectColumns + " FROM objects WHERE id = $1"
)

// CreateObject registers an object.
func (b *Broker) CreateObject(caller vingd.UID, d Description) (vingd.ObjectID, error) {
	return inStep(b, func(s *step) (vingd.ObjectID, error) { return s.createObject(caller, d) })
}

func (s *step) createObject(seller vingd.UID, d Description) (vingd.ObjectID, error) {
	if err := d.check(); err != nil {
		return 0, err
	}
	id, err := s.nextID()
	if err != nil {
		return 0, err
	}
	_, err = s.Exec(insertObject, id, seller, d.Name, d.URL, d.text(), s.now.UnixMicro())
	return vingd.ObjectID(id), err
}

// UpdateObject replaces the description of one of the caller's objects.
func (b *Broker) UpdateObject(caller vingd.UID, id vingd.ObjectID, d Description) error {
	return b.do(func(s *step) error {
		if _, err := s.object(caller, id); err != nil {
			return err
		}
		if err := d.check(); err != nil {
			return err
		}
		_, err := s.Exec(updateObject, id, d.Name, d.URL, d.text(), s.now.UnixMicro())
		return err
	})
}

// Object returns one of the caller's objects. It returns [ErrNotFound] if the filter does not match it.
func (b *Broker) Object(caller vingd.UID, id vingd.ObjectID, f ObjectFilter) (Object, error) {
	return inStep(b, func(s *step) (Object, error) {
		o, err := s.object(caller, id)
		if err != nil {
			return Object{}, err
		}
		if !within(o.Created, f.Since, f.Until) {
			return Object{}, refuse(ErrNotFound, "object %d is not within the filters", id)
		}
		return o, nil
	})
}

// Objects returns the caller's objects that match the filter, oldest first.
func (b *Broker) Objects(caller vingd.UID, f ObjectFilter) iter.Seq2[Object, error] {
	return stream(b, func(s *step) (chunks[Object], error) {
		if err := checkCounts(f.First, f.Last); err != nil {
			return nil, err
		}
		l := store.From("objects", false, f.First, f.Last)
		l.Is("seller", caller)
		above, below := bounds(f.Since, f.Until)
		return inOrder(l, "objects", objectColumns, scanObject), l.Made(s.Tx, "created", above, below)
	})
}

// object returns one of the seller's objects.
func (s *step) object(seller vingd.UID, id vingd.ObjectID) (Object, error) {
	o, ok, err := store.Find(s.Tx, scanObject, selectObject, id)
	if err != nil {
		return Object{}, err
	}
	if !ok || o.Seller != seller {
		return Object{}, refuse(ErrNotFound, "there is no object %d", id)
	}
	return o, nil
}

// text returns the description as JSON.
func (d Description) text() string {
	if d.Text != "" {
		return d.Text
	}
	written, err := json.Marshal(map[string]string{"name": d.Name, "url": d.URL})
	if err != nil {
		panic(err) // texts can always be written
	}
	return string(written)
}

func scanObject(row store.Row) (o Object, err error) {
	d := &o.Description
	err = row.Scan(&o.ID, &o.Seller, &d.Name, &d.URL, &d.Text, store.Time(&o.Created), store.Time(&o.Modified))
	return o, err
}
