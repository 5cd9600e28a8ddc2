package broker

import (
	"maps"
	"slices"

	"github.com/vingd/vingd-api-go/vingd"
)

// Delegate permissions: what a user lets the seller who created her do in her name.
const (
	PermitBalance  = "get.account.balance"
	PermitPurchase = "purchase.object"
)

// A NewUser is a user whom a seller creates. None of it is verified.
type NewUser struct {
	// Identities map a kind of identity, like mail, to the identity.
	Identities map[string]string
	// Primary is one of the kinds, or empty.
	Primary     string
	Permissions []string
}

// CreateUser adds an account for a person, whose delegate the caller becomes.
func (b *Broker) CreateUser(caller vingd.UID, n NewUser) (vingd.HUID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagUserCreate); err != nil {
		return "", err
	}
	if _, ok := n.Identities[n.Primary]; !ok && n.Primary != "" {
		return "", refuse(ErrInvalid, "primary_identity %q: must be one of the identities", n.Primary)
	}
	u, err := b.addUser(n.Identities[n.Primary], 0, now)
	if err != nil {
		return "", err
	}
	u.delegate, u.permissions = caller, slices.Clone(n.Permissions)
	u.identities, u.primary = maps.Clone(n.Identities), n.Primary
	return b.huid(caller, u.uid), nil
}

// UserBalance returns what a user holds, if she permits the caller to know.
func (b *Broker) UserBalance(caller vingd.UID, id vingd.HUID) (vingd.Cents, error) {
	b.begin()
	defer b.mu.Unlock()
	u, err := b.permitted(caller, id, PermitBalance)
	if err != nil {
		return 0, err
	}
	return b.ledger.Balance(u.uid), nil
}

// permitted returns the user whom the caller knows by a huid, if she granted the caller a permission.
func (b *Broker) permitted(caller vingd.UID, id vingd.HUID, permission string) (*user, error) {
	u, err := b.user(caller, id)
	if err != nil {
		return nil, err
	}
	if u.delegate != caller || !slices.Contains(u.permissions, permission) {
		return nil, refuse(ErrForbidden, "the user has not granted the permission %s", permission)
	}
	return u, nil
}
