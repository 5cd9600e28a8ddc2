package brokerapi

import (
	"context"
	"encoding/json"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// ListTransfers serves GET /fort/transfers.
func (h handlers) ListTransfers(ctx context.Context, r server.ListTransfersRequestObject) (server.ListTransfersResponseObject, error) {
	return listOf(at(ctx).Transfers(caller(ctx), broker.TransferFilter{
		From: (*vingd.UID)(r.Params.From), To: (*vingd.UID)(r.Params.To),
		Since: filterTime(r.Params.Since), Until: filterTime(r.Params.Until),
		First: r.Params.First, Last: r.Params.Last,
	}), wireTransfer), nil
}

func wireTransfer(t ledger.Transfer) server.Transfer {
	note, err := json.Marshal(t.Note)
	if err != nil {
		panic(err) // numbers and texts can always be written
	}
	return server.Transfer{
		ID: int64(t.ID), Amount: int64(t.Amount), UIDFrom: int64(t.From), UIDTo: int64(t.To),
		UIDProxy: int64(broker.Proxy), Timestamp: writeTime(t.At), Description: string(note),
	}
}
