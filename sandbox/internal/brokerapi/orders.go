package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// CreateOrder serves POST /objects/{oid}/orders/.
func (h *handlers) CreateOrder(ctx context.Context, r server.CreateOrderRequestObject) (server.CreateOrderResponseObject, error) {
	id, err := h.broker.CreateOrder(caller(ctx), vingd.ObjectID(r.OID), broker.NewOrder{
		Price: vingd.Cents(r.Body.Price), Expires: bodyTime(r.Body.OrderExpires), Context: r.Body.Context,
	})
	if err != nil {
		return nil, err
	}
	var answer server.CreatedOrderOKJSONResponse // in the batch form, the only one that the C# client reads
	err = answer.Data.FromBatchOrders(server.BatchOrders{Ids: []int64{int64(id)}, Errors: []server.BatchError{}})
	return server.CreateOrder200JSONResponse{CreatedOrderOKJSONResponse: answer}, err
}

// ListOrders serves GET /orders/.
func (h *handlers) ListOrders(ctx context.Context, _ server.ListOrdersRequestObject) (server.ListOrdersResponseObject, error) {
	answer, err := h.orders(ctx, broker.OrderFilter{})
	return server.ListOrders200JSONResponse{OrderListOKJSONResponse: answer}, err
}

// ListAllOrders serves GET /orders/all/.
func (h *handlers) ListAllOrders(ctx context.Context, _ server.ListAllOrdersRequestObject) (server.ListAllOrdersResponseObject, error) {
	answer, err := h.orders(ctx, broker.OrderFilter{Lapsed: true})
	return server.ListAllOrders200JSONResponse{OrderListOKJSONResponse: answer}, err
}

// ListObjectOrders serves GET /objects/{oid}/orders/.
func (h *handlers) ListObjectOrders(ctx context.Context, r server.ListObjectOrdersRequestObject) (server.ListObjectOrdersResponseObject, error) {
	answer, err := h.orders(ctx, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID))})
	return server.ListObjectOrders200JSONResponse{OrderListOKJSONResponse: answer}, err
}

// ListAllObjectOrders serves GET /objects/{oid}/orders/all/.
func (h *handlers) ListAllObjectOrders(ctx context.Context, r server.ListAllObjectOrdersRequestObject) (server.ListAllObjectOrdersResponseObject, error) {
	answer, err := h.orders(ctx, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID)), Lapsed: true})
	return server.ListAllObjectOrders200JSONResponse{OrderListOKJSONResponse: answer}, err
}

// GetOrder serves GET /orders/{orderid}.
func (h *handlers) GetOrder(ctx context.Context, r server.GetOrderRequestObject) (server.GetOrderResponseObject, error) {
	answer, err := h.order(ctx, r.Orderid, broker.OrderFilter{})
	return server.GetOrder200JSONResponse{OrderOKJSONResponse: answer}, err
}

// GetAnyOrder serves GET /orders/all/{orderid}.
func (h *handlers) GetAnyOrder(ctx context.Context, r server.GetAnyOrderRequestObject) (server.GetAnyOrderResponseObject, error) {
	answer, err := h.order(ctx, r.Orderid, broker.OrderFilter{Lapsed: true})
	return server.GetAnyOrder200JSONResponse{OrderOKJSONResponse: answer}, err
}

// GetObjectOrder serves GET /objects/{oid}/orders/{orderid}.
func (h *handlers) GetObjectOrder(ctx context.Context, r server.GetObjectOrderRequestObject) (server.GetObjectOrderResponseObject, error) {
	answer, err := h.order(ctx, r.Orderid, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID))})
	return server.GetObjectOrder200JSONResponse{OrderOKJSONResponse: answer}, err
}

// GetAnyObjectOrder serves GET /objects/{oid}/orders/all/{orderid}.
func (h *handlers) GetAnyObjectOrder(ctx context.Context, r server.GetAnyObjectOrderRequestObject) (server.GetAnyObjectOrderResponseObject, error) {
	answer, err := h.order(ctx, r.Orderid, broker.OrderFilter{Object: new(vingd.ObjectID(r.OID)), Lapsed: true})
	return server.GetAnyObjectOrder200JSONResponse{OrderOKJSONResponse: answer}, err
}

func (h *handlers) orders(ctx context.Context, f broker.OrderFilter) (server.OrderListOKJSONResponse, error) {
	orders, err := h.broker.Orders(caller(ctx), f)
	if err != nil {
		return server.OrderListOKJSONResponse{}, err
	}
	data := make([]server.Order, len(orders))
	for i, o := range orders {
		data[i] = wireOrder(o)
	}
	return server.OrderListOKJSONResponse{Data: data}, nil
}

func (h *handlers) order(ctx context.Context, id server.OrderID, f broker.OrderFilter) (server.OrderOKJSONResponse, error) {
	o, err := h.broker.Order(caller(ctx), vingd.OrderID(id), f)
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
