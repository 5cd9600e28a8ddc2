package broker

import (
	"crypto/sha1" //nolint:gosec // the wire's password is the SHA-1 of the password
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/vingd/vingd-api-go/vingd"
)

// ACL flags: what an account may call.
const (
	FlagVoucherAdd       = "voucher.add"
	FlagVoucherGet       = "voucher.get"
	FlagVoucherHistory   = "voucher.history"
	FlagVoucherRevoke    = "voucher.revoke"
	FlagTransferOutbound = "transfer.outbound"
	FlagBusiness         = "type.business"
	FlagUserCreate       = "user.create"
	FlagPurchase         = "purchase.object.authorize"
)

func allFlags() []string {
	return []string{
		FlagVoucherAdd, FlagVoucherGet, FlagVoucherHistory, FlagVoucherRevoke,
		FlagTransferOutbound, FlagBusiness, FlagUserCreate, FlagPurchase,
	}
}

// AddSeller adds an account with a login and with money from the mint. No flags at all, nil, means every flag.
func (b *Broker) AddSeller(login, password string, balance vingd.Cents, flags []string) (vingd.UID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if login == "" || strings.ContainsFunc(login, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }) {
		return 0, refuse(ErrInvalid, "username %q: must not be empty nor hold a colon or a control character", login)
	}
	if _, taken := b.logins[login]; taken {
		return 0, refuse(ErrConflict, "username %q: is taken", login)
	}
	if flags == nil {
		flags = allFlags()
	}
	for _, flag := range flags {
		if !slices.Contains(allFlags(), flag) {
			return 0, refuse(ErrInvalid, "flag %q: must be one of %s", flag, strings.Join(allFlags(), ", "))
		}
	}
	u, err := b.addUser(login, balance, now)
	if err != nil {
		return 0, err
	}
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	u.login, u.digest, u.flags = login, hex.EncodeToString(sum[:]), slices.Clone(flags)
	b.logins[login] = u
	return u.uid, nil
}

// Authenticate returns the seller with this login. The digest is the hex SHA-1 of the password, in either case.
func (b *Broker) Authenticate(login, digest string) (vingd.UID, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u, ok := b.logins[login]
	if !ok {
		u = &user{digest: strings.Repeat("-", 2*sha1.Size)} // to take as long as for a login that exists
	}
	same := subtle.ConstantTimeCompare([]byte(u.digest), []byte(strings.ToLower(digest))) == 1
	return u.uid, ok && same
}

// require refuses a caller who lacks an ACL flag.
func (b *Broker) require(caller vingd.UID, flag string) error {
	if u, ok := b.users[caller]; !ok || !slices.Contains(u.flags, flag) {
		return refuse(ErrForbidden, "the account lacks the ACL flag %s", flag)
	}
	return nil
}
