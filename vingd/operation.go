package vingd

// An operation is one call of the API, and what may be done about it when it fails.
type operation struct {
	name   string // as errors tell it
	effect effect
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
	opAccountBalance   = operation{"accounts.balance", reads}
	opAccountBalanceOf = operation{"accounts.balanceof", reads}
	opObjectCreate     = operation{"objects.create", acts}    // twice: two objects
	opObjectUpdate     = operation{"objects.update", settles} // twice: the same name and URL
	opObjectGet        = operation{"objects.get", reads}
	opObjectList       = operation{"objects.list", reads}
	opOrderCreate      = operation{"orders.create", acts} // twice: a second order, which lapses
	opOrderGet         = operation{"orders.get", reads}
	opOrderList        = operation{"orders.list", reads}
	opPurchaseVerify   = operation{"purchases.verify", acts}    // twice: a second entitlement is spent, GET or not
	opPurchaseCommit   = operation{"purchases.commit", settles} // twice: the same purchase, paid once
	opPurchaseCreate   = operation{"purchases.create", acts}    // twice: the user pays twice
	opRequest          = operation{"request", acts}             // who knows
	opRewardCreate     = operation{"rewards.create", acts}      // twice: the seller pays twice
	opTransferList     = operation{"transfers.list", reads}
	opUserProfile      = operation{"users.profile", reads}
	opUserCreate       = operation{"users.create", acts}    // twice: two users
	opVoucherCreate    = operation{"vouchers.create", acts} // twice: money reserved twice
	opVoucherGet       = operation{"vouchers.get", reads}
	opVoucherHistory   = operation{"vouchers.history", reads}
	opVoucherList      = operation{"vouchers.list", reads}
	opVoucherRevoke    = operation{"vouchers.revoke", acts} // twice: the second answer lacks what the first gave back

	opObjectReconcile        = operation{"objects.reconcile", reads}
	opOrderReconcile         = operation{"orders.reconcile", reads}
	opPurchaseReconcile      = operation{"purchases.reconcile", reads}
	opRewardReconcile        = operation{"rewards.reconcile", reads}
	opVoucherReconcile       = operation{"vouchers.reconcile", reads}
	opVoucherReconcileRevoke = operation{"vouchers.reconcilerevoke", reads}
)
