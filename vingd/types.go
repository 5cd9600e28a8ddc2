package vingd

import (
	"log/slog"
	"strconv"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// Numeric ids. The broker counts them from 1. Zero is no id.
type (
	// UID identifies an account.
	UID int64
	// ObjectID identifies an object. It is oid in Vingd's API.
	ObjectID int64
	// OrderID identifies an order.
	OrderID int64
	// PurchaseID identifies a purchase.
	PurchaseID int64
	// TransferID identifies a transfer of money.
	TransferID int64
	// VoucherID identifies a voucher. It is vid in Vingd's API.
	VoucherID int64
	// LogID identifies an entry in the voucher log.
	LogID int64
)

// HUID identifies a user to one seller, by up to 40 hexadecimal digits. Another seller has another HUID for the same user. An
// anonymous buyer has an empty one.
type HUID string

// TokenID is the token of a purchase: up to 40 hexadecimal digits. It is tid in Vingd's API. The purchase belongs to its
// bearer, so log/slog logs a placeholder for the token. Package fmt and encoding/json write the token itself.
type TokenID string

// LogValue returns a placeholder.
func (TokenID) LogValue() slog.Value { return slog.StringValue(redacted) }

// VoucherCode is the code of a voucher: up to 64 letters, digits, dashes and underscores. It is vid_encoded in Vingd's API.
type VoucherCode string

// GroupID is the name of a group of vouchers: up to 32 letters, digits, dashes and underscores. It is gid in Vingd's API. A
// user can redeem one voucher of a group. An empty GroupID is no group.
type GroupID string

// checkID returns the problem of a numeric id, or "".
func checkID[T ~int64](id T) (problem string) {
	if problem = rest.CheckID(int64(id)); problem != "" {
		return "is " + strconv.FormatInt(int64(id), 10) + ", " + problem
	}
	return ""
}

// checkText returns the problem of an id that is a text, or "".
func checkText(id, pattern string) (problem string) {
	if problem = rest.CheckText(id, pattern); problem != "" {
		return "is " + quote(id) + ", " + problem
	}
	return ""
}

func (h HUID) check() (problem string) { return checkText(string(h), wire.HUIDPattern) }

// check does not have the token in the problem, because errors show it.
func (t TokenID) check() (problem string) { return rest.CheckText(string(t), wire.TokenIDPattern) }

func (v VoucherCode) check() (problem string) {
	if v == "history" {
		return `is "history", which names the voucher log`
	}
	return checkText(string(v), wire.VoucherCodePattern)
}

func (g GroupID) check() (problem string) { return checkText(string(g), wire.GroupIDPattern) }

// quote returns s in quotes, on one line and not too long.
func quote(s string) string { return rest.Quote(s) }
