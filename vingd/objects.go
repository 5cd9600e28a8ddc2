package vingd

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// ObjectService manages the registry of a seller's objects.
type ObjectService struct{ c *Client }

// Object is a digital good for sale.
type Object struct {
	ID       ObjectID
	Name     string
	URL      string // to which the buyer returns, with oid and tid added to the query
	Created  time.Time
	Modified time.Time
	// Description is the JSON description that the broker keeps. It includes the name and the URL.
	Description json.RawMessage
}

// ObjectParams are the parameters of [ObjectService.Create] and [ObjectService.Update].
type ObjectParams struct {
	// Name is shown to the buyer.
	Name string
	// URL is the page to which the buyer returns, with oid and tid added to the query.
	URL string
}

// ObjectFilter selects the caller's objects. The zero value matches every object.
type ObjectFilter struct {
	ID    ObjectID // this object only
	Since Time     // newer than this time
	Until Time     // older than this time
	First int      // at most this many of the oldest; mutually exclusive with Last
	Last  int      // at most this many of the newest; mutually exclusive with First
}

// Create registers an object, and returns its id. Register each good once.
//
// The client does not retry it if the outcome is unknown, because a retry may register a second object. Call
// [ObjectService.Reconcile] then.
//
// API: POST /registry/objects/
func (s *ObjectService) Create(ctx context.Context, params ObjectParams) (ObjectID, error) {
	return s.describe(ctx, s.c.args(opObjectCreate), params, wire.CreateObject)
}

// Update sets the name and the URL of one of the caller's objects, and returns its id. It deletes all other parts of the
// description.
//
// A second update with the same parameters changes nothing. So the client retries an update, even if its outcome is unknown.
// After an outage, a proxy may deliver the first attempt up to two minutes late, and so overwrite a newer update.
//
// It returns [ErrNotFound] if the object does not exist or belongs to another account.
//
// API: PUT /registry/objects/{oid}/
func (s *ObjectService) Update(ctx context.Context, id ObjectID, params ObjectParams) (ObjectID, error) {
	args := s.c.args(opObjectUpdate)
	args.fail("id", checkID(id))
	return s.describe(ctx, args, params, func(body wire.ObjectBody) (rest.Request, error) {
		return wire.UpdateObject(int64(id), body)
	})
}

func (s *ObjectService) describe(ctx context.Context, args *argErrors, params ObjectParams,
	build func(wire.ObjectBody) (rest.Request, error)) (id ObjectID, err error) {
	args.text("name", params.Name)
	args.text("url", params.URL)
	description := wire.ObjectDescription{Name: params.Name, URL: params.URL}
	req, err := args.request(build(wire.ObjectBody{Description: description}))
	if err != nil {
		return 0, err
	}
	err = s.c.call(ctx, args.op, req, func(r *jsonread.Reader) (failed *dataFailure) {
		var made wire.CreatedObject
		made.Decode(r)
		id, failed = createdID[ObjectID](r, made.OID, made.OIDs, made.Errors)
		return failed
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Get returns one of the caller's objects.
//
// It returns [ErrNotFound] if the object does not exist or belongs to another account.
//
// API: GET /registry/objects/{oid}
func (s *ObjectService) Get(ctx context.Context, id ObjectID) (*Object, error) {
	args := s.c.args(opObjectGet)
	args.fail("id", checkID(id))
	req, err := args.request(wire.GetObject(int64(id), wire.GetObjectFilter{}))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opObjectGet, req, objectOf)
}

// List returns the caller's objects that the filter selects.
//
// API: GET /registry/objects, GET /registry/objects/{oid}
func (s *ObjectService) List(ctx context.Context, filter ObjectFilter) ([]Object, error) {
	return list(ctx, s.c, opObjectList, s.request, filter, objectOf)
}

// All streams the caller's objects that the filter selects, in constant memory. Each use of the sequence makes a call.
//
// API: GET /registry/objects, GET /registry/objects/{oid}
func (s *ObjectService) All(ctx context.Context, filter ObjectFilter) iter.Seq2[Object, error] {
	return stream(ctx, s.c, opObjectList, s.request, filter, objectOf)
}

func (s *ObjectService) request(f ObjectFilter) (rest.Request, error) {
	args := s.c.args(opObjectList)
	id := filterID(args, "id", f.ID)
	filter := wire.ListObjectsFilter{Since: args.filterTime("since", f.Since), Until: args.filterTime("until", f.Until)}
	filter.First, filter.Last = args.pageLimits(f.First, f.Last)
	if id == 0 {
		return args.request(wire.ListObjects(filter))
	}
	return args.request(wire.GetObject(id, wire.GetObjectFilter(filter)))
}

func objectOf(o *wire.Object) Object {
	return Object{
		ID:          ObjectID(o.OID),
		Name:        o.Description.Name,
		URL:         o.Description.URL,
		Created:     o.TimestampCreated,
		Modified:    o.TimestampModified,
		Description: o.Description.Raw,
	}
}

// Reconcile finds out whether a call of [ObjectService.Create] with an unknown outcome was done, and returns the object's id.
// Params are those of the call. Sent is the time before it.
//
// Reconcile finds the object by its name and URL. No other object of the last day may have both. Reconcile returns [ErrNotDone]
// if no object has both. If an object has only one of the two, possibly changed by the broker, the outcome stays unknown. Other
// errors are those of [RewardService.Reconcile].
//
// API: GET /registry/objects
func (s *ObjectService) Reconcile(ctx context.Context, params ObjectParams, sent time.Time) (ObjectID, error) {
	args := s.c.args(opObjectReconcile)
	args.reference("name", params.Name, maxObjectText)
	args.reference("url", params.URL, maxObjectText)
	sent = args.sent(sent)
	if args.err != nil {
		return 0, args.err
	}
	name, url := newReference(params.Name), newReference(params.URL)
	o, err := reconcile(ctx, s.c, opObjectReconcile, sent, query[Object]{
		rows: func(ctx context.Context, p page) iter.Seq2[Object, error] {
			return s.All(ctx, ObjectFilter{Since: p.since, Until: p.until, First: p.first, Last: p.last})
		},
		id: func(o *Object) int64 { return int64(o.ID) },
		at: func(o *Object) time.Time { return o.Created },
		judge: func(o *Object) verdict {
			return judge("object %d may be this one: its name or URL resembles it", true, field{name, o.Name, true}, field{url, o.URL, false})
		},
		oldest: func(ctx context.Context, n int) iter.Seq2[Object, error] { return s.All(ctx, ObjectFilter{First: n}) },
	}.look)
	return o.ID, err
}

// maxObjectText is the maximum length in bytes of a name or URL for Reconcile. A description has at most 4 KiB.
const maxObjectText = 1000
