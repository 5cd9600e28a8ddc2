package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// CreateVoucher serves POST /vouchers/.
func (h handlers) CreateVoucher(ctx context.Context, r server.CreateVoucherRequestObject) (server.CreateVoucherResponseObject, error) {
	v, err := at(ctx).CreateVoucher(caller(ctx), broker.NewVoucher{
		Amount: vingd.Cents(r.Body.Amount), Until: bodyTime(r.Body.Until), Group: vingd.GroupID(orEmpty(r.Body.GID)),
		Message: r.Body.Message, Description: orEmpty(r.Body.Description),
	})
	if err != nil {
		return nil, err
	}
	return server.CreateVoucher200JSONResponse{VoucherOKJSONResponse: server.VoucherOKJSONResponse{Data: wireVoucher(v)}}, nil
}

// ListVouchers serves GET /vouchers.
func (h handlers) ListVouchers(ctx context.Context, r server.ListVouchersRequestObject) (server.ListVouchersResponseObject, error) {
	return listOf(at(ctx).Vouchers(caller(ctx), voucherFilter(r.Params)), wireVoucher), nil
}

// GetVoucher serves GET /vouchers/{vid_encoded}.
func (h handlers) GetVoucher(ctx context.Context, r server.GetVoucherRequestObject) (server.GetVoucherResponseObject, error) {
	v, err := at(ctx).Voucher(caller(ctx), vingd.VoucherCode(r.VIDEncoded), voucherFilter(server.ListVouchersParams(r.Params)))
	if err != nil {
		return nil, err
	}
	return server.GetVoucher200JSONResponse{VoucherOKJSONResponse: server.VoucherOKJSONResponse{Data: wireVoucher(v)}}, nil
}

// RevokeVouchers serves DELETE /vouchers.
func (h handlers) RevokeVouchers(ctx context.Context, r server.RevokeVouchersRequestObject) (server.RevokeVouchersResponseObject, error) {
	refunds, err := at(ctx).Revoke(caller(ctx), voucherFilter(server.ListVouchersParams(r.Params)))
	if err != nil {
		return nil, err
	}
	return server.RevokeVouchers200JSONResponse{RevokedOKJSONResponse: wireRefunds(refunds)}, nil
}

// RevokeVoucher serves DELETE /vouchers/{vid_encoded}.
func (h handlers) RevokeVoucher(ctx context.Context, r server.RevokeVoucherRequestObject) (server.RevokeVoucherResponseObject, error) {
	refunds, err := at(ctx).RevokeOne(caller(ctx), vingd.VoucherCode(r.VIDEncoded), voucherFilter(server.ListVouchersParams(r.Params)))
	if err != nil {
		return nil, err
	}
	return server.RevokeVoucher200JSONResponse{RevokedOKJSONResponse: wireRefunds(refunds)}, nil
}

func voucherFilter(p server.ListVouchersParams) broker.VoucherFilter {
	return broker.VoucherFilter{
		From: (*vingd.UID)(p.From), To: (*vingd.UID)(p.To), Group: (*vingd.GroupID)(p.GID),
		ValidAfter: filterTime(p.ValidAfter), ValidBefore: filterTime(p.ValidBefore),
		First: p.First, Last: p.Last,
	}
}

func wireRefunds(refunds map[vingd.VoucherCode]vingd.TransferID) server.RevokedOKJSONResponse {
	data := make(server.RevokedVouchers, len(refunds))
	for code, transfer := range refunds {
		data[string(code)] = int64(transfer)
	}
	return server.RevokedOKJSONResponse{Data: data}
}

func wireVoucher(v broker.Voucher) server.Voucher {
	wire := server.Voucher{
		VID: int64(v.ID), VIDEncoded: string(v.Code), AmountVouched: int64(v.Amount),
		UIDFrom: int64(v.Seller), UIDProxy: int64(broker.Proxy), UIDTo: numberOrNull(v.Redeemer),
		GID: textOrNull(v.Group), TSValidUntil: writeTime(v.Until),
		Description: textOrNull(v.Description), Message: &v.Message,
	}
	if v.State == broker.Open {
		allocated, transfer := int64(v.Amount), int64(v.Transfer)
		wire.AmountAllocated, wire.IDFortTransfer = &allocated, &transfer
	}
	return wire
}
