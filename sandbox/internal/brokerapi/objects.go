package brokerapi

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListObjects serves GET /registry/objects.
func (h handlers) ListObjects(ctx context.Context, r server.ListObjectsRequestObject) (server.ListObjectsResponseObject, error) {
	return listOf(at(ctx).Objects(caller(ctx), broker.ObjectFilter{
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
		First: r.Params.First, Last: r.Params.Last,
	}), wireObject), nil
}

// GetObject serves GET /registry/objects/{oid}.
func (h handlers) GetObject(ctx context.Context, r server.GetObjectRequestObject) (server.GetObjectResponseObject, error) {
	o, err := at(ctx).Object(caller(ctx), vingd.ObjectID(r.OID), broker.ObjectFilter{
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
	})
	if err != nil {
		return nil, err
	}
	return server.GetObject200JSONResponse{ObjectOKJSONResponse: server.ObjectOKJSONResponse{Data: wireObject(o)}}, nil
}

// CreateObject serves POST /registry/objects/.
func (h handlers) CreateObject(ctx context.Context, r server.CreateObjectRequestObject) (server.CreateObjectResponseObject, error) {
	id, err := at(ctx).CreateObject(caller(ctx), description(r.Body.Description))
	if err != nil {
		return nil, err
	}
	response, err := createdObject(id)
	return server.CreateObject200JSONResponse{CreatedObjectOKJSONResponse: response}, err
}

// UpdateObject serves PUT /registry/objects/{oid}/.
func (h handlers) UpdateObject(ctx context.Context, r server.UpdateObjectRequestObject) (server.UpdateObjectResponseObject, error) {
	id := vingd.ObjectID(r.OID)
	if err := at(ctx).UpdateObject(caller(ctx), id, description(r.Body.Description)); err != nil {
		return nil, err
	}
	response, err := createdObject(id)
	return server.UpdateObject200JSONResponse{CreatedObjectOKJSONResponse: response}, err
}

// createdObject returns a response in the batch form, the only one that the C# client reads.
func createdObject(id vingd.ObjectID) (response server.CreatedObjectOKJSONResponse, err error) {
	err = response.Data.FromBatchObjects(server.BatchObjects{Oids: []int64{int64(id)}, Errors: []server.BatchError{}})
	return response, err
}

// description converts a description that the front has checked.
func description(text server.ObjectDescription) broker.Description {
	var fields map[string]json.RawMessage
	d := broker.Description{Text: string(text)}
	if err := errors.Join(json.Unmarshal(text, &fields), json.Unmarshal(fields["name"], &d.Name), json.Unmarshal(fields["url"], &d.URL)); err != nil {
		panic(err)
	}
	return d
}

func wireObject(o broker.Object) server.Object {
	created, modified := writeTime(o.Created), writeTime(o.Modified)
	return server.Object{
		OID: int64(o.ID), TimestampCreated: &created, TimestampModified: &modified,
		Description: server.ObjectDescription(o.Description.Text),
	}
}
