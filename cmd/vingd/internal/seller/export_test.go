package seller

import "github.com/vingd/vingd-api-go/cmd/vingd/internal/output"

// Kinds are the kinds of records, by the schema whose fields they have.
func Kinds() map[string][]output.Kind {
	return map[string][]output.Kind{
		"Account": {accountKind}, "Profile": {profileKind}, "Transfer": {transferKind}, "Object": {objectKind}, "Order": {orderKind},
		"Voucher": {voucherKind}, "VoucherLogEntry": {entryKind}, "Purchase": {purchaseKind}, "CreatedUser": {userKind}, "Rewarded": {rewardKind},
	}
}
