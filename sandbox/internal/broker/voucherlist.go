package broker

import (
	"iter"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A VoucherFilter selects vouchers. A nil field matches all.
type VoucherFilter struct {
	// From is the seller who created the vouchers, and To the user who redeemed them.
	From, To *vingd.UID
	Group    *vingd.GroupID
	// ValidAfter and ValidBefore are bounds of the expiry time.
	ValidAfter, ValidBefore *time.Time
	First, Last             *int64
}

func (f *VoucherFilter) keeps(v *Voucher) bool {
	return is(f.From, v.Seller) && is(f.To, v.Redeemer) && is(f.Group, v.Group) &&
		within(v.Until, f.ValidAfter, f.ValidBefore)
}

// where adds the filter's conditions on the seller's vouchers, or on their log.
func (f *VoucherFilter) where(w *store.Where, seller vingd.UID) {
	w.Is("seller", seller)
	if f.To != nil {
		w.Is("redeemer", *f.To)
	}
	if f.Group != nil {
		w.Is("gid", *f.Group)
	}
	above, below := bounds(f.ValidAfter, f.ValidBefore)
	w.Between("until", above, below)
}

// list returns the list of the seller's vouchers that match the filter. With openOnly, it has open vouchers only.
func (f *VoucherFilter) list(seller vingd.UID, openOnly bool) (*store.List, error) {
	if err := checkCounts(f.First, f.Last); err != nil {
		return nil, err
	}
	// A user redeems at most one voucher of a group, so that a list of To and Group needs no blocks.
	l := store.From("vouchers", f.To == nil || f.Group == nil, f.First, f.Last)
	f.where(&l.Where, seller)
	switch {
	case f.From != nil && *f.From != seller, f.To != nil && openOnly:
		l.None() // every voucher here is from the seller, and an open one has no redeemer
	case openOnly:
		l.Among("open", 1)
	case f.To == nil:
		l.Among("open", 0, 1)
	}
	return l, nil
}

// Voucher returns one of the caller's vouchers. It returns [ErrNotFound] if the filter does not match it.
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

// Vouchers returns the caller's vouchers that match the filter, in any state. If the filter has First or Last, the oldest
// comes first. Otherwise the vouchers are in order of their codes.
func (b *Broker) Vouchers(caller vingd.UID, f VoucherFilter) iter.Seq2[Voucher, error] {
	return stream(b, func(s *step) (chunks[Voucher], error) {
		if err := s.require(caller, FlagVoucherGet); err != nil {
			return nil, err
		}
		l, err := f.list(caller, false)
		if err != nil {
			return nil, err
		}
		if f.First == nil && f.Last == nil {
			return f.byCode(caller, l), nil
		}
		return inOrder(l, "vouchers", voucherColumns, scanVoucher), nil
	})
}

// fewVouchers is the largest number of vouchers that are sorted by their codes. A longer list is read by the index of codes:
// codes are random, so that a scan of all codes soon finds one of many. The first ids that a list returns are more than that,
// so that a long list reads no further ones.
const fewVouchers = 255

// byCode returns the vouchers of a list in order of their codes.
func (f *VoucherFilter) byCode(seller vingd.UID, l *store.List) chunks[Voucher] {
	var few []int64
	var all *store.Scan
	return func(s *step) ([]Voucher, bool, error) {
		if all != nil {
			return store.NextRows(s.Tx, all, voucherColumns, scanVoucher, func(v Voucher) string { return string(v.Code) })
		}
		ids, more, err := l.Next(s.Tx)
		if err != nil {
			return nil, false, err
		}
		if few = append(few, ids...); len(few) > fewVouchers {
			all = store.NewScan("vouchers", "vouchers_code", "code")
			f.where(&all.Where, seller)
			return nil, true, nil
		}
		if more {
			return nil, true, nil
		}
		rows, err := store.Rows(s.Tx, scanVoucher, "vouchers", voucherColumns, "code", few)
		return rows, false, err
	}
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

// columns returns the fields that voucherColumns are scanned into.
func (v *Voucher) columns() []any {
	return []any{
		&v.ID, &v.Code, &v.State, &v.Amount, &v.Seller, store.Zero(&v.Redeemer), store.Zero(&v.Group),
		store.Time(&v.Until), &v.Message, &v.Description, &v.Transfer, store.Zero(&v.Ended),
	}
}
