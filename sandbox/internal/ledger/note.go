package ledger

import "github.com/vingd/vingd-api-go/vingd"

// A Note says what a transfer was for. Its JSON is what the API calls the description of a transfer.
type Note struct {
	Class    vingd.TransferClass `json:"class"`
	Object   vingd.ObjectID      `json:"oid,omitempty"`
	Name     string              `json:"object,omitempty"`
	Purchase vingd.PurchaseID    `json:"purchaseid,omitempty"`
	Voucher  vingd.VoucherID     `json:"vid,omitempty"`
	Message  string              `json:"message,omitempty"`
}
