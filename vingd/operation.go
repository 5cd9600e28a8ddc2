package vingd

// An operation is one call of the API, and what may be done about it when it fails.
type operation struct {
	name   string // as errors tell it
	effect effect
	token  TokenID // in its address, to be kept out of errors; empty is none
}

// with returns the operation on a token.
func (op operation) with(token TokenID) operation {
	op.token = token
	return op
}

// effect is what a call does to the world, which decides whether it may be repeated. There is no idempotency key
// anywhere in this API.
type effect int

const (
	// reads changes nothing: it may be repeated.
	reads effect = iota
	// settles ends in the same state however often it is done: it may be repeated.
	settles
	// acts does it again each time, so it is repeated only when it was not done.
	acts
)

// The operations, a row each.
var (
	opAccountBalance   = operation{name: "accounts.balance", effect: reads}
	opAccountBalanceOf = operation{name: "accounts.balanceof", effect: reads}
	opObjectCreate     = operation{name: "objects.create", effect: acts}    // twice: two objects
	opObjectUpdate     = operation{name: "objects.update", effect: settles} // twice: the same name and URL
	opObjectGet        = operation{name: "objects.get", effect: reads}
	opObjectList       = operation{name: "objects.list", effect: reads}
	opOrderCreate      = operation{name: "orders.create", effect: acts} // twice: a second order, which lapses
	opOrderGet         = operation{name: "orders.get", effect: reads}
	opOrderList        = operation{name: "orders.list", effect: reads}
	opPurchaseVerify   = operation{name: "purchases.verify", effect: acts}    // twice: a second entitlement is spent, GET or not
	opPurchaseCommit   = operation{name: "purchases.commit", effect: settles} // twice: the same purchase, paid once
	opPurchaseCreate   = operation{name: "purchases.create", effect: acts}    // twice: the user pays twice
	opRequest          = operation{name: "request", effect: acts}             // who knows
	opRewardCreate     = operation{name: "rewards.create", effect: acts}      // twice: the seller pays twice
	opTransferList     = operation{name: "transfers.list", effect: reads}
	opUserProfile      = operation{name: "users.profile", effect: reads}
	opUserCreate       = operation{name: "users.create", effect: acts}    // twice: two users
	opVoucherCreate    = operation{name: "vouchers.create", effect: acts} // twice: money reserved twice
	opVoucherGet       = operation{name: "vouchers.get", effect: reads}
	opVoucherHistory   = operation{name: "vouchers.history", effect: reads}
	opVoucherList      = operation{name: "vouchers.list", effect: reads}
	opVoucherRevoke    = operation{name: "vouchers.revoke", effect: acts} // twice: the second answer lacks what the first gave back

	opObjectReconcile        = operation{name: "objects.reconcile", effect: reads}
	opOrderReconcile         = operation{name: "orders.reconcile", effect: reads}
	opPurchaseReconcile      = operation{name: "purchases.reconcile", effect: reads}
	opRewardReconcile        = operation{name: "rewards.reconcile", effect: reads}
	opVoucherReconcile       = operation{name: "vouchers.reconcile", effect: reads}
	opVoucherReconcileRevoke = operation{name: "vouchers.reconcilerevoke", effect: reads}
)
