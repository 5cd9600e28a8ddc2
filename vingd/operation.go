package vingd

import (
	"cmp"
	"context"

	"github.com/vingd/vingd-api-go/internal/rest"
)

// An operation is a call of the API, and how the client retries it.
type operation struct {
	name    string // in errors and for [OperationOf]: the operationId of the specification
	kind    methodKind
	token   TokenID // in the URL, kept out of errors; optional
	settles bool    // whether it finds out the outcome of another call
}

// with returns the operation on a token.
func (op operation) with(token TokenID) operation {
	op.token = token
	return op
}

// of returns the operation under the name that its request has. A filter for one row makes another operation of a list.
func (op operation) of(r rest.Request) operation {
	op.name = cmp.Or(r.Operation, op.name)
	return op
}

type operationKey struct{}

// operationContext is the context of a request of an operation.
type operationContext struct {
	context.Context
	operation string
}

// Value returns the name of the operation, or a value of the call's context.
func (c *operationContext) Value(key any) any {
	if key == (operationKey{}) {
		return c.operation
	}
	return c.Context.Value(key)
}

// OperationOf returns the operation that a request of the client is for, such as "verifyPurchase". The transport of
// [WithHTTPClient] finds it in the request's context, for example to name a trace span without the URL, which may hold a token.
// It is an operationId of the specification, or "request" for [Client.Request]. It equals the Op of the call's [Error], except
// within Reconcile. For any other context it is empty.
func OperationOf(ctx context.Context) string {
	operation, _ := ctx.Value(operationKey{}).(string)
	return operation
}

// methodKind tells whether the client may retry an operation, in the terms of RFC 9110, 9.2. It is not the kind of the HTTP
// method: a GET that verifies a purchase is unsafe. The API has no idempotency keys.
type methodKind int

const (
	safe       methodKind = iota // changes nothing: may be retried
	idempotent                   // a second call changes nothing: may be retried
	unsafe                       // a second call acts again: may be retried only if the first was not done
)

// The operations. A comment tells the effect of a second call.
var (
	opAccountBalance   = operation{name: "getBalance", kind: safe}
	opAccountBalanceOf = operation{name: "getUserBalance", kind: safe}
	opObjectCreate     = operation{name: "createObject", kind: unsafe}     // two objects
	opObjectUpdate     = operation{name: "updateObject", kind: idempotent} // the same name and URL
	opObjectGet        = operation{name: "getObject", kind: safe}
	opObjectList       = operation{name: "listObjects", kind: safe}
	opOrderCreate      = operation{name: "createOrder", kind: unsafe} // a second order, which expires
	opOrderGet         = operation{name: "getOrder", kind: safe}
	opOrderList        = operation{name: "listOrders", kind: safe}
	opPurchaseVerify   = operation{name: "verifyPurchase", kind: unsafe}     // a second entitlement is spent, though it is a GET
	opPurchaseCommit   = operation{name: "commitPurchase", kind: idempotent} // the purchase is paid once
	opPurchaseCreate   = operation{name: "purchaseObject", kind: unsafe}     // the user pays twice
	opRequest          = operation{name: "request", kind: unsafe}            // unknown
	opRewardCreate     = operation{name: "rewardUser", kind: unsafe}         // the seller pays twice
	opTransferList     = operation{name: "listTransfers", kind: safe}
	opUserProfile      = operation{name: "getProfile", kind: safe}
	opUserCreate       = operation{name: "createUser", kind: unsafe}    // two users
	opVoucherCreate    = operation{name: "createVoucher", kind: unsafe} // two vouchers, each with money reserved
	opVoucherGet       = operation{name: "getVoucher", kind: safe}
	opVoucherHistory   = operation{name: "listVoucherHistory", kind: safe}
	opVoucherList      = operation{name: "listVouchers", kind: safe}
	opVoucherRevoke    = operation{name: "revokeVouchers", kind: unsafe} // a response without the refunds of the first call

	opObjectReconcile        = operation{name: "reconcileObject", kind: safe, settles: true}
	opOrderReconcile         = operation{name: "reconcileOrder", kind: safe, settles: true}
	opPurchaseReconcile      = operation{name: "reconcilePurchase", kind: safe, settles: true}
	opRewardReconcile        = operation{name: "reconcileReward", kind: safe, settles: true}
	opVoucherReconcile       = operation{name: "reconcileVoucher", kind: safe, settles: true}
	opVoucherReconcileRevoke = operation{name: "reconcileRevocation", kind: safe, settles: true}
)
