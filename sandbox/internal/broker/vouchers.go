package broker

import (
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A VoucherState is the state of a voucher's money.
type VoucherState string

// A voucher is open at first. The other states are final.
const (
	Open    VoucherState = "open"
	Used    VoucherState = "used"
	Revoked VoucherState = "revoked"
	Expired VoucherState = "expired"
)

// A NewVoucher is a voucher to be created.
type NewVoucher struct {
	Amount vingd.Cents
	// Until is the expiry time. Nil is 7 days from now.
	Until *time.Time
	// Group is one of the seller's groups. A user can redeem only one voucher of a group. Optional.
	Group vingd.GroupID
	// Message is for the user, and Description for the seller.
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
	Redeemer    vingd.UID // zero unless the voucher is used
	Group       vingd.GroupID
	Until       time.Time
	Message     string
	Description string
	// Transfer reserved the amount. Ended moved it from the reserve to the redeemer or back. Ended is zero while the voucher
	// is open.
	Transfer vingd.TransferID
	Ended    vingd.TransferID
}

const (
	voucherColumns = "id, code, state, amount, seller, redeemer, gid, until, message, description, transfer, ended"
	insertVoucher  = "INSERT INTO vouchers (" + voucherColumns +
		", due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
	selectVoucher = "SELECT " + voucherColumns + " FROM vouchers WHERE id = $1"
	selectCode    = "SELECT " + voucherColumns + " FROM vouchers WHERE code = $1"
	endVoucher    = "UPDATE vouchers SET state = $2, ended = $3, redeemer = $4 WHERE id = $1"
	countRedeemed = "SELECT COUNT(*) FROM vouchers WHERE seller = $1 AND gid = $2 AND redeemer = $3"
)

// CreateVoucher moves money from the caller to the reserve, and returns a voucher with a new code.
func (b *Broker) CreateVoucher(caller vingd.UID, n NewVoucher) (Voucher, error) {
	return inStep(b, func(s *step) (Voucher, error) {
		if err := s.require(caller, FlagVoucherAdd); err != nil {
			return Voucher{}, err
		}
		return s.createVoucher(caller, n)
	})
}

func (s *step) createVoucher(seller vingd.UID, n NewVoucher) (Voucher, error) {
	until := s.now.Add(voucherLife)
	if n.Until != nil {
		until = n.Until.UTC().Truncate(time.Microsecond)
	}
	id, err := s.nextID()
	if err != nil {
		return Voucher{}, err
	}
	v := Voucher{
		ID: vingd.VoucherID(id), State: Open, Amount: n.Amount, Seller: seller,
		Group: n.Group, Until: until, Message: n.Message, Description: n.Description,
	}
	if v.Code, err = s.unusedCode(); err != nil {
		return Voucher{}, err
	}
	if v.Transfer, err = s.move(seller, Reserve, v.Amount, s.now, v.note(vingd.TransferVoucherAllocated)); err != nil {
		return Voucher{}, err
	}
	_, err = s.Exec(insertVoucher, v.ID, v.Code, v.State, v.Amount, v.Seller, nil, store.OrNull(v.Group),
		v.Until.UnixMicro(), v.Message, v.Description, v.Transfer, nil, s.notPassed(v.Until).UnixMicro())
	if err != nil {
		return Voucher{}, err
	}
	return v, s.record(v.ID, ActionAdd, s.now)
}

// Redeem pays the amount of a voucher to a user. It returns [ErrGone] if the voucher is no longer open, and [ErrConflict] if
// the user has redeemed another voucher of its group.
func (b *Broker) Redeem(user vingd.UID, written vingd.VoucherCode) (vingd.Cents, error) {
	return inStep(b, func(s *step) (vingd.Cents, error) {
		code, ok := readCode(written)
		if !ok {
			return 0, refuse(ErrInvalid, "voucher code %q: is mistyped", string(written))
		}
		v, ok, err := store.Find(s.Tx, scanVoucher, selectCode, code)
		switch {
		case err != nil:
			return 0, err
		case !ok:
			return 0, refuse(ErrNotFound, "there is no voucher %s", code)
		case v.State != Open:
			return 0, refuse(ErrGone, "voucher %s is %s", code, string(v.State))
		case !v.Until.After(s.now): // the step is behind
			return 0, refuse(ErrGone, "voucher %s is %s", code, string(Expired))
		}
		if _, err := s.profile(user); err != nil {
			return 0, err
		}
		var redeemed int
		if err := s.Get(countRedeemed, []any{v.Seller, v.Group, user}, &redeemed); err != nil {
			return 0, err
		}
		if redeemed > 0 {
			return 0, refuse(ErrConflict, "the user has already redeemed a voucher of group %s", v.Group)
		}
		v.Redeemer = user
		_, err = s.endVoucher(v, Used, ActionUse, s.now)
		return v.Amount, err
	})
}

// Revoke ends those vouchers of the list with this filter that are open, and refunds their amounts. First and Last count
// ended vouchers too. It returns the transfers of the refunds.
func (b *Broker) Revoke(caller vingd.UID, f VoucherFilter) (map[vingd.VoucherCode]vingd.TransferID, error) {
	return inStep(b, func(s *step) (map[vingd.VoucherCode]vingd.TransferID, error) {
		if err := s.require(caller, FlagVoucherRevoke); err != nil {
			return nil, err
		}
		l, err := f.list(caller, f.First == nil && f.Last == nil)
		if err != nil {
			return nil, err
		}
		next := inOrder(l, "vouchers", voucherColumns, scanVoucher)
		open, err := whole(s, func(s *step) ([]Voucher, bool, error) {
			rows, more, err := next(s)
			return slices.DeleteFunc(rows, func(v Voucher) bool { return v.State != Open }), more, err
		})
		if err != nil {
			return nil, err
		}
		return s.revoke(open)
	})
}

// RevokeOne is like [Broker.Revoke], for one voucher. It returns no transfer if the voucher has ended.
func (b *Broker) RevokeOne(caller vingd.UID, code vingd.VoucherCode, f VoucherFilter) (map[vingd.VoucherCode]vingd.TransferID, error) {
	return inStep(b, func(s *step) (map[vingd.VoucherCode]vingd.TransferID, error) {
		if err := s.require(caller, FlagVoucherRevoke); err != nil {
			return nil, err
		}
		v, err := s.voucher(caller, code)
		if err != nil {
			return nil, err
		}
		if v.State != Open || !f.keeps(&v) {
			return s.revoke(nil)
		}
		return s.revoke([]Voucher{v})
	})
}

// revoke refunds open vouchers, and returns the transfers of the refunds.
func (s *step) revoke(open []Voucher) (map[vingd.VoucherCode]vingd.TransferID, error) {
	refunds := make(map[vingd.VoucherCode]vingd.TransferID, len(open))
	for _, v := range open {
		refund, err := s.giveBack(v, Revoked, s.now)
		if err != nil {
			return nil, err
		}
		refunds[v.Code] = refund
	}
	return refunds, nil
}

// giveBack ends an open voucher, and refunds its amount to the seller.
func (s *step) giveBack(v Voucher, as VoucherState, at time.Time) (vingd.TransferID, error) {
	action := ActionRevoke
	if as == Expired {
		action = ActionExpire
	}
	return s.endVoucher(v, as, action, at)
}

// endVoucher moves the amount of an open voucher to its redeemer, or to the seller if there is none.
func (s *step) endVoucher(v Voucher, as VoucherState, action Action, at time.Time) (vingd.TransferID, error) {
	to, class := v.Seller, vingd.TransferRefund
	if v.Redeemer != 0 {
		to, class = v.Redeemer, vingd.TransferVoucherDeposited
	}
	ended, err := s.release(to, v.Amount, at, v.note(class))
	if err != nil {
		return 0, err
	}
	if _, err := s.Exec(endVoucher, v.ID, as, ended, store.OrNull(v.Redeemer)); err != nil {
		return 0, err
	}
	return ended, s.record(v.ID, action, at)
}

func (s *step) unusedCode() (vingd.VoucherCode, error) {
	for {
		code := newCode()
		_, used, err := store.Find(s.Tx, scanVoucher, selectCode, code)
		if err != nil || !used {
			return code, err
		}
	}
}

func (v *Voucher) note(class vingd.TransferClass) ledger.Note {
	return ledger.Note{Class: class, Voucher: v.ID}
}
