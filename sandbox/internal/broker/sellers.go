package broker

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // the wire's password is the SHA-1 of the password
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// ACL flags. Each permits an account some of the calls.
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

const (
	selectLogin = "SELECT uid, digest FROM users WHERE login = $1"
	updateLogin = "UPDATE users SET login = $2, digest = $3 WHERE uid = $1"
	insertFlag  = "INSERT INTO user_flags (uid, flag) VALUES ($1, $2)"
	countFlag   = "SELECT COUNT(*) FROM user_flags WHERE uid = $1 AND flag = $2"
)

// AddSeller adds an account with a login, and with money from the mint.
func (b *Broker) AddSeller(n NewSeller) (vingd.UID, error) {
	return inStep(b, func(s *step) (vingd.UID, error) { return s.addSeller(n) })
}

func (s *step) addSeller(n NewSeller) (vingd.UID, error) {
	login, flags := n.Username, n.Flags
	if login == "" || strings.ContainsFunc(login, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }) {
		return 0, refuse(ErrInvalid, "username %q: must not be empty, and must hold no colon and no control character", login)
	}
	if _, taken, err := store.Find(s.Tx, scanAccess, selectLogin, login); err != nil || taken {
		return 0, cmp.Or(err, refuse(ErrConflict, "username %q: is taken", login))
	}
	if flags == nil {
		flags = allFlags()
	}
	uid, err := s.addUser(login, n.Balance)
	if err != nil {
		return 0, err
	}
	if _, err := s.Exec(updateLogin, uid, login, digestOf(n.Password)); err != nil {
		return 0, err
	}
	return uid, s.grant(uid, flags)
}

// grant gives a new account ACL flags.
func (s *step) grant(uid vingd.UID, flags []string) error {
	flags = slices.Compact(slices.Sorted(slices.Values(flags)))
	for _, flag := range flags {
		if !slices.Contains(allFlags(), flag) {
			return refuse(ErrInvalid, "flag %q: must be one of %s", flag, strings.Join(allFlags(), ", "))
		}
		if _, err := s.Exec(insertFlag, uid, flag); err != nil {
			return err
		}
	}
	return nil
}

// Seller returns the seller with this login. ok reports whether there is one with one of the passwords, or with any password
// if passwords is nil.
func (b *Broker) Seller(login string, passwords []string) (uid vingd.UID, ok bool, err error) {
	known, ok, err := b.access(login)
	one := func(password string) bool { return digestOf(password) == known.digest }
	return known.uid, ok && (passwords == nil || slices.ContainsFunc(passwords, one)), err
}

// Authenticate returns the seller with this login. digest is the SHA-1 of the password in hexadecimal, in either case. ok
// reports whether there is a seller with both.
func (b *Broker) Authenticate(login, digest string) (uid vingd.UID, ok bool, err error) {
	known, ok, err := b.access(login)
	if err != nil {
		return 0, false, err
	}
	if !ok {
		known.digest = strings.Repeat("-", 2*sha1.Size) // takes as long as for a login that exists
	}
	same := subtle.ConstantTimeCompare([]byte(known.digest), []byte(strings.ToLower(digest))) == 1
	return known.uid, ok && same, nil
}

// access returns the access of a login. It reports false if there is none.
func (b *Broker) access(login string) (known access, ok bool, err error) {
	err = b.db.Transact(func(tx *store.Tx) error { // not a step, so that it need not settle deadlines
		known, ok, err = store.Find(tx, scanAccess, selectLogin, login)
		return err
	})
	return known, ok, err
}

// require refuses a caller who lacks an ACL flag.
func (s *step) require(caller vingd.UID, flag string) error {
	var has int
	if err := s.Get(countFlag, []any{caller, flag}, &has); err != nil {
		return err
	}
	if has == 0 {
		return refuse(ErrForbidden, "the account lacks the ACL flag %s", flag)
	}
	return nil
}

// An access is an account, with the password that opens it.
type access struct {
	uid    vingd.UID
	digest string // lower-case hex SHA-1 of the password
}

func scanAccess(row store.Row) (a access, err error) {
	err = row.Scan(&a.uid, &a.digest)
	return a, err
}

func digestOf(password string) string {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}
