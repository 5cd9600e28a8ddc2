package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// VerifyPurchase serves GET /objects/{oid}/tokens/{tid}.
func (h handlers) VerifyPurchase(ctx context.Context, r server.VerifyPurchaseRequestObject) (server.VerifyPurchaseResponseObject, error) {
	p, err := at(ctx).Verify(caller(ctx), vingd.ObjectID(r.OID), vingd.TokenID(r.TID))
	if err != nil {
		return nil, err
	}
	return server.VerifyPurchase200JSONResponse{PurchaseOKJSONResponse: server.PurchaseOKJSONResponse{Data: wirePurchase(p)}}, nil
}

// CommitPurchase serves PUT /purchases/{purchaseid}.
func (h handlers) CommitPurchase(ctx context.Context, r server.CommitPurchaseRequestObject) (server.CommitPurchaseResponseObject, error) {
	err := at(ctx).Commit(caller(ctx), vingd.PurchaseID(r.Purchaseid), vingd.TransferID(r.Body.Transferid))
	if err != nil {
		return nil, err
	}
	data := server.Committed{Ok: true}
	return server.CommitPurchase200JSONResponse{CommittedOKJSONResponse: server.CommittedOKJSONResponse{Data: data}}, nil
}

// PurchaseObject serves POST /objects/{oid}/purchases.
func (h handlers) PurchaseObject(ctx context.Context, r server.PurchaseObjectRequestObject) (server.PurchaseObjectResponseObject, error) {
	p, err := at(ctx).Charge(caller(ctx), vingd.ObjectID(r.OID), vingd.HUID(r.Body.HUID), vingd.Cents(r.Body.Price))
	if err != nil {
		return nil, err
	}
	return server.PurchaseObject200JSONResponse{PurchaseOKJSONResponse: server.PurchaseOKJSONResponse{Data: wirePurchase(p)}}, nil
}

func wirePurchase(p broker.Purchase) server.Purchase {
	reclaimed := p.State == broker.Refunded
	return server.Purchase{
		Object: p.Name, HUID: textOrNull(p.HUID), Context: p.Context, Orderid: numberOrNull(p.Order),
		Purchaseid: int64(p.ID), Transferid: int64(p.Transfer), Reclaimed: &reclaimed,
	}
}
