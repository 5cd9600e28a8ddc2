package vingd

import (
	"context"
	"net/http"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
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
	p := &Profile{}
	err := s.c.call(ctx, opUserProfile, func() (*http.Request, error) {
		return wire.NewGetProfileRequest("")
	}, func(r *jsonread.Reader) error { readProfile(r, p); return nil })
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Create creates a user with an account, and makes the caller her delegate.
//
// It needs the ACL flag user.create, else it returns [ErrForbidden]. It is not repeated when its outcome is unknown. Nothing
// finds a user again whose HUID was lost, nor does she hold anything: create her again.
//
// API: POST /id/users/
func (s *UserService) Create(ctx context.Context, params UserParams) (HUID, error) {
	ch := s.c.checks(opUserCreate)
	body := wire.NewUser{PrimaryIdentity: optional(params.Primary)}
	if params.Identities != nil {
		body.Identities = &params.Identities
	}
	for kind, identity := range params.Identities {
		ch.text("identities", kind)
		ch.text("identities", identity)
	}
	ch.text("primary", params.Primary)
	if params.Permissions != nil {
		permissions := make([]string, len(params.Permissions))
		for i, p := range params.Permissions {
			permissions[i] = string(p)
			ch.text("permissions", permissions[i])
		}
		body.DelegatePermissions = &permissions
	}
	if ch.err != nil {
		return "", ch.err
	}
	var user HUID
	err := s.c.call(ctx, opUserCreate, func() (*http.Request, error) {
		return wire.NewCreateUserRequest("", body)
	}, func(r *jsonread.Reader) error { user = readCreatedUser(r); return nil })
	if err != nil {
		return "", err
	}
	return user, nil
}

func readProfile(r *jsonread.Reader, p *Profile) {
	*p = Profile{}
	for r.Enter('{'); r.Next('}'); {
		switch string(r.Key()) {
		case "uid":
			p.UID = UID(optionalInt(r))
		case "username":
			p.Username = optionalString(r)
		case "name":
			p.Name = optionalString(r)
		case "timestamp_created":
			p.Created = optionalTime(r)
		default:
			r.Skip()
		}
	}
}

func readCreatedUser(r *jsonread.Reader) (user HUID) {
	for r.Enter('{'); r.Next('}'); {
		if string(r.Key()) == "huid" {
			user = HUID(optionalString(r))
		} else {
			r.Skip()
		}
	}
	if user == "" {
		r.Fail("the huid of the new user")
	}
	return user
}

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
