package ledger

import "github.com/vingd/vingd-api-go/vingd"

// A Class says why money moved, in the numbers of the API.
type Class int

// The classes that the sandbox uses. The API has three more: 2 ad reward, 3 seller payout, 4 ad deposit.
const (
	Purchase         Class = 1
	CurrencyExchange Class = 5
	DirectTransfer   Class = 6
	Refund           Class = 7
	UnverifiedRefund Class = 8
	VoucherAllocated Class = 9
	VoucherDeposited Class = 10
)

// A Note says what a transfer was for. Its JSON is what the API calls the description of a transfer.
type Note struct {
	Class    Class            `json:"class"`
	Object   vingd.ObjectID   `json:"oid,omitempty"`
	Name     string           `json:"object,omitempty"`
	Purchase vingd.PurchaseID `json:"purchaseid,omitempty"`
	Voucher  vingd.VoucherID  `json:"vid,omitempty"`
	Message  string           `json:"message,omitempty"`
}
