package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListObjects serves GET /registry/objects.
func (h *handlers) ListObjects(ctx context.Context, r server.ListObjectsRequestObject) (server.ListObjectsResponseObject, error) {
	objects, err := h.broker.Objects(caller(ctx), broker.ObjectFilter{
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
		First: r.Params.First, Last: r.Params.Last,
	})
	if err != nil {
		return nil, err
	}
	data := make([]server.Object, len(objects))
	for i, o := range objects {
		data[i] = wireObject(o)
	}
	return server.ListObjects200JSONResponse{ObjectListOKJSONResponse: server.ObjectListOKJSONResponse{Data: data}}, nil
}

// GetObject serves GET /registry/objects/{oid}.
func (h *handlers) GetObject(ctx context.Context, r server.GetObjectRequestObject) (server.GetObjectResponseObject, error) {
	o, err := h.broker.Object(caller(ctx), vingd.ObjectID(r.OID), broker.ObjectFilter{
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
	})
	if err != nil {
		return nil, err
	}
	return server.GetObject200JSONResponse{ObjectOKJSONResponse: server.ObjectOKJSONResponse{Data: wireObject(o)}}, nil
}

// CreateObject serves POST /registry/objects/.
func (h *handlers) CreateObject(ctx context.Context, r server.CreateObjectRequestObject) (server.CreateObjectResponseObject, error) {
	id, err := h.broker.CreateObject(caller(ctx), description(r.Body.Description))
	if err != nil {
		return nil, err
	}
	answer, err := createdObject(id)
	return server.CreateObject200JSONResponse{CreatedObjectOKJSONResponse: answer}, err
}

// UpdateObject serves PUT /registry/objects/{oid}/.
func (h *handlers) UpdateObject(ctx context.Context, r server.UpdateObjectRequestObject) (server.UpdateObjectResponseObject, error) {
	id := vingd.ObjectID(r.OID)
	if err := h.broker.UpdateObject(caller(ctx), id, description(r.Body.Description)); err != nil {
		return nil, err
	}
	answer, err := createdObject(id)
	return server.UpdateObject200JSONResponse{CreatedObjectOKJSONResponse: answer}, err
}

// createdObject answers in the batch form, the only one that the C# client reads.
func createdObject(id vingd.ObjectID) (answer server.CreatedObjectOKJSONResponse, err error) {
	err = answer.Data.FromBatchObjects(server.BatchObjects{Oids: []int64{int64(id)}, Errors: []server.BatchError{}})
	return answer, err
}

func description(d server.ObjectDescription) broker.Description {
	return broker.Description{Name: d.Name, URL: d.URL, More: d.AdditionalProperties}
}

func wireObject(o broker.Object) server.Object {
	created, modified := writeTime(o.Created), writeTime(o.Modified)
	d := o.Description
	return server.Object{
		OID: int64(o.ID), TimestampCreated: &created, TimestampModified: &modified,
		Description: server.ObjectDescription{Name: d.Name, URL: d.URL, AdditionalProperties: d.More},
	}
}
