package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// A VoucherState says where the money of a voucher is.
type VoucherState int

// A voucher is open first, and then one of the others for good.
const (
	Open VoucherState = iota
	Used
	Revoked
	Expired
)

// A NewVoucher is a voucher as the seller makes it.
type NewVoucher struct {
	Amount vingd.Cents
	// Until is when it expires; zero is 7 days from now.
	Until time.Time
	// Group is one of the seller's groups, of which a user redeems one voucher only; empty is none.
	Group vingd.GroupID
	// Message is for the user, Description for the seller.
	Message     string
	Description string
}

// A Voucher is money reserved behind a code.
type Voucher struct {
	ID          vingd.VoucherID
	Code        vingd.VoucherCode
	State       VoucherState
	Amount      vingd.Cents
	Seller      vingd.UID
	Redeemer    vingd.UID // zero when nobody redeemed it
	Group       vingd.GroupID
	Until       time.Time
	Message     string
	Description string
	// Transfer reserved the amount. Ended brought it from the reserve to where it went; zero while the voucher is open.
	Transfer vingd.TransferID
	Ended    vingd.TransferID
}

// A redemption is what a user can do once.
type redemption struct {
	user, seller vingd.UID
	group        vingd.GroupID
}

// CreateVoucher reserves money of the caller's behind a new code.
func (b *Broker) CreateVoucher(caller vingd.UID, n NewVoucher) (Voucher, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherAdd); err != nil {
		return Voucher{}, err
	}
	if n.Until.IsZero() {
		n.Until = now.Add(voucherLife)
	}
	v := &Voucher{
		ID: vingd.VoucherID(b.nextID()), Code: b.unusedCode(), Amount: n.Amount, Seller: caller,
		Group: n.Group, Until: n.Until, Message: n.Message, Description: n.Description,
	}
	transfer, err := b.move(caller, Reserve, n.Amount, now, v.note(ledger.VoucherAllocated))
	if err != nil {
		return Voucher{}, err
	}
	v.Transfer = transfer
	b.vouchers[v.Code] = v
	seller := b.users[caller]
	seller.vouchers = append(seller.vouchers, v)
	b.record(v, ActionAdd, now)
	b.expect(deadline{at: v.Until, voucher: v}, now)
	return *v, nil
}

// Redeem pays a voucher out to a user.
func (b *Broker) Redeem(user vingd.UID, written vingd.VoucherCode) (vingd.Cents, error) {
	now := b.begin()
	defer b.mu.Unlock()
	code, ok := readCode(written)
	if !ok {
		return 0, refuse(ErrInvalid, "voucher code %q: is mistyped", string(written))
	}
	v, ok := b.vouchers[code]
	if !ok {
		return 0, refuse(ErrNotFound, "there is no voucher %s", code)
	}
	once := redemption{user: user, seller: v.Seller, group: v.Group}
	switch {
	case v.State != Open:
		return 0, refuse(ErrGone, "voucher %s is %s", code, v.State)
	case b.redeemed[once]:
		return 0, refuse(ErrConflict, "the user has redeemed a voucher of group %s already", v.Group)
	}
	v.Ended = b.release(user, v.Amount, now, v.note(ledger.VoucherDeposited))
	v.State, v.Redeemer = Used, user
	if v.Group != "" {
		b.redeemed[once] = true
	}
	b.record(v, ActionUse, now)
	return v.Amount, nil
}

// Revoke ends those of the caller's open vouchers that the filter leaves, and gives their money back.
// It returns the transfers that did.
func (b *Broker) Revoke(caller vingd.UID, f VoucherFilter) (map[vingd.VoucherCode]vingd.TransferID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherRevoke); err != nil {
		return nil, err
	}
	var open []*Voucher
	for _, v := range b.users[caller].vouchers {
		if v.State == Open && f.keeps(v) {
			open = append(open, v)
		}
	}
	refunds := make(map[vingd.VoucherCode]vingd.TransferID)
	for _, v := range ends(open, f.First, f.Last) {
		b.giveBack(v, Revoked, now)
		refunds[v.Code] = v.Ended
	}
	return refunds, nil
}

// RevokeOne is like [Broker.Revoke] with one voucher to begin with. One that has ended already is left out.
func (b *Broker) RevokeOne(caller vingd.UID, code vingd.VoucherCode, f VoucherFilter) (map[vingd.VoucherCode]vingd.TransferID, error) {
	now := b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherRevoke); err != nil {
		return nil, err
	}
	v, err := b.voucher(caller, code)
	if err != nil {
		return nil, err
	}
	refunds := make(map[vingd.VoucherCode]vingd.TransferID)
	if v.State == Open && f.keeps(v) {
		b.giveBack(v, Revoked, now)
		refunds[v.Code] = v.Ended
	}
	return refunds, nil
}

// giveBack ends an open voucher without anybody having redeemed it.
func (b *Broker) giveBack(v *Voucher, as VoucherState, at time.Time) {
	v.Ended = b.release(v.Seller, v.Amount, at, v.note(ledger.Refund))
	v.State = as
	action := ActionRevoke
	if as == Expired {
		action = ActionExpire
	}
	b.record(v, action, at)
}

func (b *Broker) unusedCode() vingd.VoucherCode {
	for {
		code := newCode()
		if _, used := b.vouchers[code]; !used {
			return code
		}
	}
}

func (v *Voucher) note(class ledger.Class) ledger.Note {
	return ledger.Note{Class: class, Voucher: v.ID}
}

// String returns the state as a person reads it.
func (s VoucherState) String() string {
	switch s {
	case Used:
		return "used"
	case Revoked:
		return "revoked"
	case Expired:
		return "expired"
	default:
		return "open"
	}
}
