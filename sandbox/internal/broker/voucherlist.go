package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A VoucherFilter selects vouchers. A nil field selects all.
type VoucherFilter struct {
	// From is the seller who made them, and To the user who redeemed them.
	From, To *vingd.UID
	Group    *vingd.GroupID
	// ValidAfter and ValidBefore are bounds of when they expire.
	ValidAfter, ValidBefore *time.Time
	First, Last             *int64
}

func (f *VoucherFilter) keeps(v *Voucher) bool {
	return is(f.From, v.Seller) && is(f.To, v.Redeemer) && is(f.Group, v.Group) &&
		within(v.Until, f.ValidAfter, f.ValidBefore)
}

// narrow narrows a list down to what the filter leaves of the seller's vouchers, but for first and last.
func (f *VoucherFilter) narrow(l *store.List, seller vingd.UID) {
	l.Where("seller", "=", seller)
	if f.From != nil && *f.From != seller {
		l.Where("seller", "=", *f.From) // a voucher has one seller, so nothing matches
	}
	whereIs(l, "redeemer", f.To)
	whereIs(l, "gid", f.Group)
	whereWithin(l, "until", f.ValidAfter, f.ValidBefore)
}

// Voucher returns one of the caller's vouchers, if the filter leaves it.
func (b *Broker) Voucher(caller vingd.UID, code vingd.VoucherCode, f VoucherFilter) (Voucher, error) {
	return inStep(b, func(s *step) (Voucher, error) {
		if err := s.require(caller, FlagVoucherGet); err != nil {
			return Voucher{}, err
		}
		v, err := s.voucher(caller, code)
		if err != nil {
			return Voucher{}, err
		}
		if !f.keeps(&v) {
			return Voucher{}, refuse(ErrNotFound, "voucher %s is not within the filters", v.Code)
		}
		return v, nil
	})
}

// Vouchers returns the caller's vouchers that the filter leaves, whatever their state:
// oldest first when it has first or last, else by code.
func (b *Broker) Vouchers(caller vingd.UID, f VoucherFilter) ([]Voucher, error) {
	return inStep(b, func(s *step) ([]Voucher, error) {
		if err := s.require(caller, FlagVoucherGet); err != nil {
			return nil, err
		}
		if err := checkCounts(f.First, f.Last); err != nil {
			return nil, err
		}
		l := store.List{Order: []string{"id"}, First: f.First, Last: f.Last}
		if f.First == nil && f.Last == nil {
			l.Order = []string{"code"}
		}
		f.narrow(&l, caller)
		return store.Listed(s.Tx, scanVoucher, l.From("vouchers", voucherColumns))
	})
}

// voucher returns one of the seller's vouchers.
func (s *step) voucher(seller vingd.UID, written vingd.VoucherCode) (Voucher, error) {
	notFound := refuse(ErrNotFound, "there is no voucher %s", written)
	code, ok := readCode(written)
	if !ok {
		return Voucher{}, notFound
	}
	v, ok, err := store.Find(s.Tx, scanVoucher, selectCode, code)
	if err != nil {
		return Voucher{}, err
	}
	if !ok || v.Seller != seller {
		return Voucher{}, notFound
	}
	return v, nil
}

func scanVoucher(row store.Row) (v Voucher, err error) {
	err = row.Scan(v.columns()...)
	return v, err
}

// columns returns where voucherColumns are scanned to.
func (v *Voucher) columns() []any {
	return []any{
		&v.ID, &v.Code, &v.State, &v.Amount, &v.Seller, store.Zero(&v.Redeemer), store.Zero(&v.Group),
		store.Time(&v.Until), &v.Message, &v.Description, &v.Transfer, store.Zero(&v.Ended),
	}
}
