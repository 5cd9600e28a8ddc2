package vingd

import (
	"log/slog"
	"strconv"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// Cents is an amount of money in vingd cents: 200 is 2.00 vingd.
// Every amount of the API is a whole number of them.
type Cents int64

// String returns the amount in vingds, with two decimals: Cents(-5) is "-0.05".
func (c Cents) String() string {
	// The magnitude is unsigned, so that the lowest amount has one too.
	sign, magnitude := "", uint64(c)
	if c < 0 {
		sign, magnitude = "-", -magnitude
	}
	whole, rest := magnitude/100, magnitude%100
	text := sign + strconv.FormatUint(whole, 10) + "."
	if rest < 10 {
		text += "0"
	}
	return text + strconv.FormatUint(rest, 10)
}

// Ids that are numbers. The broker counts them from 1; zero is none.
type (
	// UID is the number of an account.
	UID int64
	// ObjectID is the number of an object, the documents' oid.
	ObjectID int64
	// OrderID is the number of an order.
	OrderID int64
	// PurchaseID is the number of a purchase.
	PurchaseID int64
	// TransferID is the number of a transfer of money.
	TransferID int64
	// VoucherID is the number of a voucher, the documents' vid.
	VoucherID int64
	// LogID is the number of an entry in the voucher log.
	LogID int64
)

// HUID is a user as one seller sees her: up to 40 hexadecimal digits.
// The same person is another HUID to another seller. Empty is nobody: an anonymous buyer.
type HUID string

// TokenID is a token, the documents' tid: up to 40 hexadecimal digits.
// Who holds it holds the right to what was bought, so it is kept out of logs: it is a [slog.LogValuer].
type TokenID string

// LogValue hides the token.
func (TokenID) LogValue() slog.Value { return slog.StringValue(redacted) }

// VoucherCode is the code of a voucher, the documents' vid_encoded: up to 64 letters, digits, dashes and underscores.
type VoucherCode string

// GroupID names a group of vouchers, the documents' gid: up to 32 letters, digits, dashes and underscores.
// A user can redeem one voucher of a group. Empty is no group.
type GroupID string

// checkID says what is wrong with an id that is a number, or nothing.
func checkID[T ~int64](id T) (problem string) {
	if problem = rest.CheckID(int64(id)); problem != "" {
		return "is " + strconv.FormatInt(int64(id), 10) + ", " + problem
	}
	return ""
}

// checkText says what is wrong with an id that is a text, or nothing.
func checkText(id, pattern string) (problem string) {
	if problem = rest.CheckText(id, pattern); problem != "" {
		return "is " + quote(id) + ", " + problem
	}
	return ""
}

func (h HUID) check() (problem string) { return checkText(string(h), wire.HUIDPattern) }

// check never repeats the token: an error is no place for it.
func (t TokenID) check() (problem string) { return rest.CheckText(string(t), wire.TokenIDPattern) }

func (v VoucherCode) check() (problem string) {
	if v == "history" {
		return `is "history", which names the voucher log`
	}
	return checkText(string(v), wire.VoucherCodePattern)
}

func (g GroupID) check() (problem string) { return checkText(string(g), wire.GroupIDPattern) }

// quote returns s in quotes, on one line, and cut if it is long.
func quote(s string) string { return rest.Quote(s) }
