package brokerapi

import (
	"context"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListVoucherHistory serves GET /vouchers/history.
func (h handlers) ListVoucherHistory(ctx context.Context, r server.ListVoucherHistoryRequestObject) (server.ListVoucherHistoryResponseObject, error) {
	return listOf(at(ctx).VoucherLog(caller(ctx), logFilter(r.Params)), wireLogEntry), nil
}

// GetVoucherHistory serves GET /vouchers/history/{vid_encoded}.
func (h handlers) GetVoucherHistory(ctx context.Context, r server.GetVoucherHistoryRequestObject) (server.GetVoucherHistoryResponseObject, error) {
	f := logFilter(server.ListVoucherHistoryParams(r.Params))
	f.Code = new(vingd.VoucherCode(r.VIDEncoded))
	return listOf(at(ctx).VoucherLog(caller(ctx), f), wireLogEntry), nil
}

func logFilter(p server.ListVoucherHistoryParams) broker.LogFilter {
	return broker.LogFilter{
		VoucherFilter: broker.VoucherFilter{
			From: (*vingd.UID)(p.From), To: (*vingd.UID)(p.To), Group: (*vingd.GroupID)(p.GID),
			ValidAfter: filterTime(p.ValidAfter), ValidBefore: filterTime(p.ValidBefore),
			First: p.First, Last: p.Last,
		},
		ID:          (*vingd.VoucherID)(p.VID),
		CreateAfter: filterTime(p.CreateAfter), CreateBefore: filterTime(p.CreateBefore),
		Action: (*broker.Action)(p.Action),
	}
}

func wireLogEntry(e broker.LogEntry) server.VoucherLogEntry {
	v := wireVoucher(e.Voucher)
	transfer := v.IDFortTransfer // the transfer that reserved the amount
	if e.Voucher.Ended != 0 {
		ended := int64(e.Voucher.Ended) // such as the refund of a revocation, which clients look up here
		transfer = &ended
	}
	return server.VoucherLogEntry{
		ID: int64(e.ID), Action: server.VoucherAction(e.Action), TSCreated: writeTime(e.At),
		VID: v.VID, VIDEncoded: v.VIDEncoded, AmountAllocated: v.AmountAllocated, AmountVouched: v.AmountVouched,
		IDFortTransfer: transfer, Fee: v.Fee, UIDFrom: v.UIDFrom, UIDProxy: v.UIDProxy, UIDTo: v.UIDTo,
		GID: v.GID, TSValidUntil: v.TSValidUntil, Description: v.Description, Message: v.Message,
	}
}
