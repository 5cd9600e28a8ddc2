package vingd

import (
	"context"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
)

// UserService knows the authenticated user, and makes users on behalf of others.
type UserService struct{ c *Client }

// Profile is what is known of the authenticated user.
type Profile struct {
	UID      UID
	Username string // the login
	Name     string
	Created  time.Time
}

// A Permission is what a user lets the client that created her do in her name.
type Permission string

// The permissions that the documents name.
const (
	// PermissionBalance permits [AccountService.BalanceOf].
	PermissionBalance Permission = "get.account.balance"
	// PermissionPurchase permits [PurchaseService.Create].
	PermissionPurchase Permission = "purchase.object"
)

// UserParams are a user to be created.
type UserParams struct {
	// Identities are by what the user is known elsewhere, by kind: {"facebook": "12312312", "mail": "user@example.com"}.
	// They are verified later. Without any, the account is one that nobody can reach.
	Identities map[string]string
	// Primary is the kind of the primary identity. Empty is none.
	Primary string
	// Permissions are what the caller may do in the user's name.
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

// Create creates a user with an account, and makes the caller her delegate.
//
// It needs the ACL flag user.create, else it returns [ErrForbidden]. It is not repeated when its outcome is unknown. Nothing
// finds a user again whose HUID was lost, nor does she hold anything: create her again.
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

// accountID returns the caller's account, uid if that is known.
func (s *UserService) accountID(ctx context.Context, uid UID) (UID, error) {
	if uid != 0 {
		return uid, nil
	}
	profile, err := s.Profile(ctx)
	switch {
	case err != nil:
		return 0, err
	case profile.UID < 1:
		return 0, &ambiguousError{"the broker does not tell the number of the caller's account"}
	}
	return profile.UID, nil
}
