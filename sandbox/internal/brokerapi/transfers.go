package brokerapi

import (
	"context"
	"encoding/json"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListTransfers serves GET /fort/transfers.
func (h *handlers) ListTransfers(ctx context.Context, r server.ListTransfersRequestObject) (server.ListTransfersResponseObject, error) {
	transfers, err := h.broker.Transfers(caller(ctx), broker.TransferFilter{
		From: (*vingd.UID)(r.Params.From), To: (*vingd.UID)(r.Params.To),
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
		First: r.Params.First, Last: r.Params.Last,
	})
	if err != nil {
		return nil, err
	}
	data := make([]server.Transfer, len(transfers))
	for i, t := range transfers {
		note, err := json.Marshal(t.Note)
		if err != nil {
			return nil, err
		}
		data[i] = server.Transfer{
			ID: int64(t.ID), Amount: int64(t.Amount), UIDFrom: int64(t.From), UIDTo: int64(t.To),
			UIDProxy: int64(broker.Proxy), Timestamp: writeTime(t.At), Description: string(note),
		}
	}
	return server.ListTransfers200JSONResponse{TransferListOKJSONResponse: server.TransferListOKJSONResponse{Data: data}}, nil
}
