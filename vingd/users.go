package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
)

// UserService returns the authenticated user's profile, and creates users for whom the caller acts.
type UserService struct{ c *Client }

// Profile is the profile of the authenticated user.
type Profile struct {
	UID      UID
	Username string // the login
	Name     string
	Created  time.Time
}

// A Permission is granted by a user to the account that created the user.
type Permission string

// The documented permissions.
const (
	// PermissionBalance permits [AccountService.BalanceOf].
	PermissionBalance Permission = "get.account.balance"
	// PermissionPurchase permits [PurchaseService.Create].
	PermissionPurchase Permission = "purchase.object"
)

// UserParams are the parameters of [UserService.Create].
type UserParams struct {
	// Identities are the user's identities elsewhere, by kind: {"facebook": "12312312", "mail": "user@example.com"}. The broker
	// verifies them later. Without an identity, no person can use the account.
	Identities map[string]string
	// Primary is the kind of the primary identity. Optional.
	Primary string
	// Permissions are granted to the caller.
	Permissions []Permission
}

// Profile returns the profile of the authenticated user.
//
// API: GET /id/users
func (s *UserService) Profile(ctx context.Context) (*Profile, error) {
	req, err := s.c.args(opUserProfile).request(wire.GetProfile())
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opUserProfile, req, profileOf)
}

// Create creates a user with an account, and makes the caller the user's delegate.
//
// The client does not retry it if the outcome is unknown. A user whose HUID was lost cannot be found again, but has no money
// either: create the user again.
//
// It returns [ErrForbidden] if the caller lacks the user.create ACL flag.
//
// API: POST /id/users/
func (s *UserService) Create(ctx context.Context, params UserParams) (HUID, error) {
	args := s.c.args(opUserCreate)
	body := wire.NewUser{Identities: params.Identities, PrimaryIdentity: ptrOrNil(params.Primary)}
	for kind, identity := range params.Identities {
		args.text("identities", kind)
		args.text("identities", identity)
	}
	args.text("primary", params.Primary)
	if params.Permissions != nil {
		body.DelegatePermissions = make([]string, len(params.Permissions))
		for i, p := range params.Permissions {
			body.DelegatePermissions[i] = string(p)
			args.text("permissions", string(p))
		}
	}
	req, err := args.request(wire.CreateUser(body))
	if err != nil {
		return "", err
	}
	return valueOf(getOne(ctx, s.c, opUserCreate, req, createdUserOf))
}

func profileOf(p *wire.Profile) Profile {
	return Profile{
		UID:      UID(p.UID),
		Username: p.Username,
		Name:     p.Name,
		Created:  p.TimestampCreated,
	}
}

func createdUserOf(u *wire.CreatedUser) HUID { return HUID(u.HUID) }

// accountID returns uid, or the caller's account if uid is zero.
func (s *UserService) accountID(ctx context.Context, uid UID) (UID, error) {
	if uid != 0 {
		return uid, nil
	}
	profile, err := s.Profile(ctx)
	switch {
	case err != nil:
		return 0, err
	case profile.UID < 1:
		return 0, &ambiguousError{"the broker does not return the uid of the caller"}
	}
	return profile.UID, nil
}
