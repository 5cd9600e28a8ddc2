package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// CreateOrder serves POST /objects/{oid}/orders/.
func (h handlers) CreateOrder(ctx context.Context, r server.CreateOrderRequestObject) (server.CreateOrderResponseObject, error) {
	id, err := at(ctx).CreateOrder(caller(ctx), vingd.ObjectID(r.OID), broker.NewOrder{
		Price: vingd.Cents(r.Body.Price), Expires: bodyTime(r.Body.OrderExpires), Context: r.Body.Context,
	})
	if err != nil {
		return nil, err
	}
	var response server.CreatedOrderOKJSONResponse // in the batch form, the only one that the C# client reads
	err = response.Data.FromBatchOrders(server.BatchOrders{Ids: []int64{int64(id)}, Errors: []server.BatchError{}})
	return server.CreateOrder200JSONResponse{CreatedOrderOKJSONResponse: response}, err
}

// ListOrders serves GET /orders/.
func (h handlers) ListOrders(ctx context.Context, _ server.ListOrdersRequestObject) (server.ListOrdersResponseObject, error) {
	return listOf(at(ctx).Orders(caller(ctx), broker.OrderFilter{}), wireOrder), nil
}

// ListAllOrders serves GET /orders/all/.
func (h handlers) ListAllOrders(ctx context.Context, _ server.ListAllOrdersRequestObject) (server.ListAllOrdersResponseObject, error) {
	return listOf(at(ctx).Orders(caller(ctx), broker.OrderFilter{IncludeExpired: true}), wireOrder), nil
}

// ListObjectOrders serves GET /objects/{oid}/orders/.
func (h handlers) ListObjectOrders(ctx context.Context, r server.ListObjectOrdersRequestObject) (server.ListObjectOrdersResponseObject, error) {
	return listOf(at(ctx).Orders(caller(ctx), broker.OrderFilter{Object: new(vingd.ObjectID(r.OID))}), wireOrder), nil
}

// ListAllObjectOrders serves GET /objects/{oid}/orders/all/.
func (h handlers) ListAllObjectOrders(ctx context.Context, r server.ListAllObjectOrdersRequestObject) (server.ListAllObjectOrdersResponseObject, error) {
	return listOf(at(ctx).Orders(caller(ctx), broker.OrderFilter{Object: new(vingd.ObjectID(r.OID)), IncludeExpired: true}), wireOrder), nil
}

// GetOrder serves GET /orders/{orderid}.
func (h handlers) GetOrder(ctx context.Context, r server.GetOrderRequestObject) (server.GetOrderResponseObject, error) {
	response, err := h.order(ctx, r.Orderid, broker.OrderFilter{})
	return server.GetOrder200JSONResponse{OrderOKJSONResponse: response}, err
}

// GetAnyOrder serves GET /orders/all/{orderid}.
func (h handlers) GetAnyOrder(ctx context.Context, r server.GetAnyOrderRequestObject) (server.GetAnyOrderResponseObject, error) {
	response, err := h.order(ctx, r.Orderid, broker.OrderFilter{IncludeExpired: true})
	return server.GetAnyOrder200JSONResponse{OrderOKJSONResponse: response}, err
}

// GetObjectOrder serves GET /objects/{oid}/orders/{orderid}.
func (h handlers) GetObjectOrder(ctx context.Context, r server.GetObjectOrderRequestObject) (server.GetObjectOrderResponseObject, error) {
	response, err := h.order(ctx, r.Orderid, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID))})
	return server.GetObjectOrder200JSONResponse{OrderOKJSONResponse: response}, err
}

// GetAnyObjectOrder serves GET /objects/{oid}/orders/all/{orderid}.
func (h handlers) GetAnyObjectOrder(ctx context.Context, r server.GetAnyObjectOrderRequestObject) (server.GetAnyObjectOrderResponseObject, error) {
	response, err := h.order(ctx, r.Orderid, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID)), IncludeExpired: true})
	return server.GetAnyObjectOrder200JSONResponse{OrderOKJSONResponse: response}, err
}

func (h handlers) order(ctx context.Context, id server.OrderID, f broker.OrderFilter) (server.OrderOKJSONResponse, error) {
	o, err := at(ctx).Order(caller(ctx), vingd.OrderID(id), f)
	if err != nil {
		return server.OrderOKJSONResponse{}, err
	}
	return server.OrderOKJSONResponse{Data: wireOrder(o)}, nil
}

func wireOrder(o broker.Order) server.Order {
	oid, price := int64(o.Object), int64(o.Price)
	created, expires := writeTime(o.Created), writeTime(o.Expires)
	return server.Order{
		ID: int64(o.ID), OID: &oid, Price: &price, Context: o.Context, TimestampCreated: &created, OrderExpires: &expires,
	}
}
