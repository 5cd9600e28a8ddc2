package vingd

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// DefaultVoucherExpiry is how long after its creation a voucher expires, unless it is told otherwise.
const DefaultVoucherExpiry = 7 * 24 * time.Hour

// VoucherService reserves money behind codes that users redeem.
type VoucherService struct{ c *Client }

// Voucher is money behind a code.
type Voucher struct {
	ID          VoucherID
	Code        VoucherCode
	Amount      Cents      // what who redeems it gets
	Allocated   Cents      // what is reserved; zero when nothing is
	Transfer    TransferID // the transfer that reserved it; zero when nothing is
	Fee         Cents
	From        UID     // whose money it is
	Proxy       UID     // the broker's account
	To          UID     // the destination account; zero when there is none
	Group       GroupID // empty is none
	ValidUntil  time.Time
	Description string // a note for the seller only
	Message     string // shown to the user when she redeems it
}

// VoucherParams are a voucher to be made.
type VoucherParams struct {
	// Amount is what who redeems it gets.
	Amount Cents
	// Expires is when it is worth nothing any more. The zero Time is [DefaultVoucherExpiry] from the call.
	Expires Time
	// Message is shown to the user when she redeems it.
	Message string
	// Group is the group that it belongs to. Empty is none.
	Group GroupID
	// Description is a note for the seller only. Empty is none. Of the official clients only PHP's knows it.
	Description string
}

// VoucherFilter narrows down the caller's vouchers. The zero filter leaves all of them.
type VoucherFilter struct {
	Code        VoucherCode // this voucher only
	From        UID         // with this source account
	To          UID         // with this destination account
	Group       GroupID     // of this group
	ValidAfter  Time        // valid after this
	ValidBefore Time        // valid until before this
	First       int         // so many at most, the oldest; not together with Last
	Last        int         // so many at most, the newest; not together with First
}

// Create makes a voucher. It is redeemed at one of the addresses that [VoucherService.URLs] returns.
//
// It reserves the amount on the caller's account until the voucher is redeemed, revoked or expired, and nothing makes
// it safe to repeat: it is not repeated when its outcome is unknown. Give it a message or description of its own, by
// which [VoucherService.Reconcile] finds out.
//
// It needs the ACL flag voucher.add, else it returns [ErrForbidden].
//
// API: POST /vouchers/
func (s *VoucherService) Create(ctx context.Context, params VoucherParams) (*Voucher, error) {
	ch := s.c.checks(opVoucherCreate)
	ch.amount("amount", params.Amount)
	_, until := ch.expiry(params.Expires, DefaultVoucherExpiry)
	ch.text("message", params.Message)
	if params.Group != "" {
		ch.add("group", params.Group.check())
	}
	ch.text("description", params.Description)
	if ch.err != nil {
		return nil, ch.err
	}
	body := wire.NewVoucher{
		Amount:      int64(params.Amount),
		Until:       until,
		Message:     params.Message,
		GID:         optional(string(params.Group)),
		Description: optional(params.Description),
	}
	return s.voucher(ctx, opVoucherCreate, func() (*http.Request, error) {
		return wire.NewCreateVoucherRequest("", body)
	})
}

// URLs returns where a user redeems a voucher.
func (s *VoucherService) URLs(code VoucherCode) URLs {
	return s.c.urls("/vouchers/" + url.PathEscape(string(code)))
}

// Get returns one of the caller's vouchers.
//
// It needs the ACL flag voucher.get, else it returns [ErrForbidden]; for a voucher that is not there, [ErrNotFound].
//
// API: GET /vouchers/{vid_encoded}
func (s *VoucherService) Get(ctx context.Context, code VoucherCode) (*Voucher, error) {
	ch := s.c.checks(opVoucherGet)
	ch.add("code", code.check())
	if ch.err != nil {
		return nil, ch.err
	}
	return s.voucher(ctx, opVoucherGet, func() (*http.Request, error) {
		return wire.NewGetVoucherRequest("", string(code), nil)
	})
}

func (s *VoucherService) voucher(ctx context.Context, op operation, request newRequest) (*Voucher, error) {
	v := &Voucher{}
	err := s.c.call(ctx, op, request, func(r *jsonread.Reader) error { readVoucher(r, v); return nil })
	if err != nil {
		return nil, err
	}
	return v, nil
}

// List returns the caller's vouchers that the filter leaves: by time of creation when First or Last is given,
// else by code.
//
// It needs the ACL flag voucher.get, else it returns [ErrForbidden].
//
// API: GET /vouchers, GET /vouchers/{vid_encoded}
func (s *VoucherService) List(ctx context.Context, filter VoucherFilter) ([]Voucher, error) {
	request, err := s.request(filter)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.c, opVoucherList, request, readVoucher)
}

// All streams the caller's vouchers that the filter leaves, in constant memory. Each use of the sequence makes a call.
//
// API: GET /vouchers, GET /vouchers/{vid_encoded}
func (s *VoucherService) All(ctx context.Context, filter VoucherFilter) iter.Seq2[Voucher, error] {
	return stream(ctx, s.c, opVoucherList, s.request, filter, readVoucher)
}

func (s *VoucherService) request(f VoucherFilter) (newRequest, error) {
	ch := s.c.checks(opVoucherList)
	params := f.params(ch)
	if f.Code == "" {
		return func() (*http.Request, error) { return wire.NewListVouchersRequest("", &params) }, ch.err
	}
	one := wire.GetVoucherParams(params)
	return func() (*http.Request, error) { return wire.NewGetVoucherRequest("", string(f.Code), &one) }, ch.err
}

// params returns the filter as the wire has it, but for the code.
func (f VoucherFilter) params(ch *checks) wire.ListVouchersParams {
	if f.Code != "" {
		ch.add("code", f.Code.check())
	}
	if f.Group != "" {
		ch.add("group", f.Group.check())
	}
	p := wire.ListVouchersParams{
		From:        filterID(ch, "from", f.From),
		To:          filterID(ch, "to", f.To),
		GID:         optional(string(f.Group)),
		ValidAfter:  ch.filterTime("valid after", f.ValidAfter),
		ValidBefore: ch.filterTime("valid before", f.ValidBefore),
	}
	p.First, p.Last = ch.counts(f.First, f.Last)
	return p
}

func readVoucher(r *jsonread.Reader, v *Voucher) {
	*v = Voucher{}
	for r.Enter('{'); r.Next('}'); {
		if !v.readField(r, r.Key()) {
			r.Skip()
		}
	}
	v.complete(r)
}

// readField reads a field of the voucher, or returns false for one that is none.
func (v *Voucher) readField(r *jsonread.Reader, key []byte) bool {
	switch string(key) {
	case "vid":
		v.ID = VoucherID(r.Int())
	case "vid_encoded":
		v.Code = VoucherCode(optionalString(r))
	case "amount_allocated":
		v.Allocated = Cents(optionalInt(r))
	case "amount_vouched":
		v.Amount = Cents(r.Int())
	case "id_fort_transfer":
		v.Transfer = TransferID(optionalInt(r))
	case "fee":
		v.Fee = Cents(optionalInt(r))
	case "uid_from":
		v.From = UID(optionalInt(r))
	case "uid_proxy":
		v.Proxy = UID(optionalInt(r))
	case "uid_to":
		v.To = UID(optionalInt(r))
	case "gid":
		v.Group = GroupID(optionalString(r))
	case "ts_valid_until":
		v.ValidUntil = optionalTime(r)
	case "description":
		v.Description = optionalString(r)
	case "message":
		v.Message = optionalString(r)
	default:
		return false
	}
	return true
}

func (v *Voucher) complete(r *jsonread.Reader) {
	if v.Code == "" {
		r.Fail("a voucher with its vid_encoded")
	}
}
