package broker

import (
	"slices"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// Delegate permissions. A user grants them to the seller who created the user.
const (
	PermitBalance  = "get.account.balance"
	PermitPurchase = "purchase.object"
)

// A NewUser is a user to be created by a seller. The broker verifies none of it.
type NewUser struct {
	// Identities map a kind of identity, like mail, to the identity.
	Identities map[string]string
	// Primary is one of the kinds. Optional.
	Primary     string
	Permissions []string
}

const (
	updateDelegate   = "UPDATE users SET delegate = $2, primary_identity = $3 WHERE uid = $1"
	insertIdentity   = "INSERT INTO user_identities (uid, kind, identity) VALUES ($1, $2, $3)"
	insertPermission = "INSERT INTO user_permissions (uid, permission) VALUES ($1, $2)"
	countPermission  = `SELECT COUNT(*) FROM users JOIN user_permissions ON user_permissions.uid = users.uid
		WHERE users.uid = $1 AND delegate = $2 AND permission = $3`
)

// CreateUser adds an account for a person, and makes the caller the user's delegate.
func (b *Broker) CreateUser(caller vingd.UID, n NewUser) (vingd.HUID, error) {
	return inStep(b, func(s *step) (vingd.HUID, error) {
		if err := s.require(caller, FlagUserCreate); err != nil {
			return "", err
		}
		if _, ok := n.Identities[n.Primary]; !ok && n.Primary != "" {
			return "", refuse(ErrInvalid, "primary_identity %q: must be one of the identities", n.Primary)
		}
		uid, err := s.addUser(n.Identities[n.Primary], 0)
		if err != nil {
			return "", err
		}
		if err := s.delegate(uid, caller, n); err != nil {
			return "", err
		}
		return s.huid(caller, uid)
	})
}

// delegate stores the identities of a new user, and the permissions that the user grants to the seller.
func (s *step) delegate(uid, to vingd.UID, n NewUser) error {
	if _, err := s.Exec(updateDelegate, uid, to, store.OrNull(n.Primary)); err != nil {
		return err
	}
	for kind, identity := range n.Identities {
		if _, err := s.Exec(insertIdentity, uid, kind, identity); err != nil {
			return err
		}
	}
	for _, permission := range slices.Compact(slices.Sorted(slices.Values(n.Permissions))) {
		if _, err := s.Exec(insertPermission, uid, permission); err != nil {
			return err
		}
	}
	return nil
}

// UserBalance returns the balance of a user. It returns [ErrForbidden] unless the user has granted the caller
// [PermitBalance].
func (b *Broker) UserBalance(caller vingd.UID, id vingd.HUID) (vingd.Cents, error) {
	return inStep(b, func(s *step) (vingd.Cents, error) {
		uid, err := s.permitted(caller, id, PermitBalance)
		if err != nil {
			return 0, err
		}
		balance, _, err := s.books.Balance(uid)
		return balance, err
	})
}

// permitted returns the user with a huid of the caller's. It returns [ErrForbidden] unless the user has granted the caller
// the permission.
func (s *step) permitted(caller vingd.UID, id vingd.HUID, permission string) (vingd.UID, error) {
	uid, err := s.user(caller, id)
	if err != nil {
		return 0, err
	}
	var granted int
	if err := s.Get(countPermission, []any{uid, caller, permission}, &granted); err != nil {
		return 0, err
	}
	if granted == 0 {
		return 0, refuse(ErrForbidden, "the user has not granted the permission %s", permission)
	}
	return uid, nil
}
