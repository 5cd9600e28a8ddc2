package broker

import (
	"cmp"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A VoucherFilter narrows down vouchers. What is zero does not.
type VoucherFilter struct {
	// From is who made them, and To who redeemed them.
	From, To vingd.UID
	Group    vingd.GroupID
	// ValidAfter and ValidBefore are bounds of when they expire.
	ValidAfter, ValidBefore time.Time
	First, Last             int64
}

func (f *VoucherFilter) keeps(v *Voucher) bool {
	return (f.From == 0 || v.Seller == f.From) &&
		(f.To == 0 || v.Redeemer == f.To) &&
		(f.Group == "" || v.Group == f.Group) &&
		within(v.Until, f.ValidAfter, f.ValidBefore)
}

// Voucher returns one of the caller's vouchers, if the filter leaves it.
func (b *Broker) Voucher(caller vingd.UID, code vingd.VoucherCode, f VoucherFilter) (Voucher, error) {
	b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherGet); err != nil {
		return Voucher{}, err
	}
	v, err := b.voucher(caller, code)
	if err != nil {
		return Voucher{}, err
	}
	if !f.keeps(v) {
		return Voucher{}, refuse(ErrNotFound, "voucher %s is not within the filters", v.Code)
	}
	return *v, nil
}

// Vouchers returns the caller's vouchers that the filter leaves, whatever their state:
// oldest first when it has first or last, else by code.
func (b *Broker) Vouchers(caller vingd.UID, f VoucherFilter) ([]Voucher, error) {
	b.begin()
	defer b.mu.Unlock()
	if err := b.require(caller, FlagVoucherGet); err != nil {
		return nil, err
	}
	var kept []Voucher
	for _, v := range b.users[caller].vouchers {
		if f.keeps(v) {
			kept = append(kept, *v)
		}
	}
	if f.First == 0 && f.Last == 0 {
		slices.SortFunc(kept, func(x, y Voucher) int { return cmp.Compare(x.Code, y.Code) })
		return kept, nil
	}
	return ends(kept, f.First, f.Last), nil
}

// voucher returns one of the seller's vouchers.
func (b *Broker) voucher(seller vingd.UID, written vingd.VoucherCode) (*Voucher, error) {
	code, ok := readCode(written)
	v := b.vouchers[code]
	if !ok || v == nil || v.Seller != seller {
		return nil, refuse(ErrNotFound, "there is no voucher %s", written)
	}
	return v, nil
}
