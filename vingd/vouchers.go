package vingd

import (
	"context"
	"iter"
	"net/url"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
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
	args := s.c.args(opVoucherCreate)
	args.amount("amount", params.Amount)
	_, until := args.expiry(params.Expires, DefaultVoucherExpiry)
	args.text("message", params.Message)
	if params.Group != "" {
		args.fail("group", params.Group.check())
	}
	args.text("description", params.Description)
	req, err := args.request(wire.CreateVoucher(wire.NewVoucher{
		Amount:      int64(params.Amount),
		Until:       until,
		Message:     params.Message,
		GID:         ptrOrNil(string(params.Group)),
		Description: params.Description,
	}))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opVoucherCreate, req, voucherOf)
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
	args := s.c.args(opVoucherGet)
	args.fail("code", code.check())
	req, err := args.request(wire.GetVoucher(string(code), wire.GetVoucherFilter{}))
	if err != nil {
		return nil, err
	}
	return getOne(ctx, s.c, opVoucherGet, req, voucherOf)
}

// List returns the caller's vouchers that the filter leaves: by time of creation when First or Last is given,
// else by code.
//
// It needs the ACL flag voucher.get, else it returns [ErrForbidden].
//
// API: GET /vouchers, GET /vouchers/{vid_encoded}
func (s *VoucherService) List(ctx context.Context, filter VoucherFilter) ([]Voucher, error) {
	return list(ctx, s.c, opVoucherList, s.request, filter, voucherOf)
}

// All streams the caller's vouchers that the filter leaves, in constant memory. Each use of the sequence makes a call.
//
// API: GET /vouchers, GET /vouchers/{vid_encoded}
func (s *VoucherService) All(ctx context.Context, filter VoucherFilter) iter.Seq2[Voucher, error] {
	return stream(ctx, s.c, opVoucherList, s.request, filter, voucherOf)
}

func (s *VoucherService) request(f VoucherFilter) (rest.Request, error) {
	args := s.c.args(opVoucherList)
	filter := f.params(args)
	if f.Code == "" {
		return args.request(wire.ListVouchers(filter))
	}
	return args.request(wire.GetVoucher(string(f.Code), wire.GetVoucherFilter(filter)))
}

// params checks the filter, and returns all of it but the code.
func (f VoucherFilter) params(args *argErrors) (filter wire.ListVouchersFilter) {
	filterText(args, "code", f.Code)
	filter = wire.ListVouchersFilter{
		From:        filterID(args, "from", f.From),
		To:          filterID(args, "to", f.To),
		GID:         filterText(args, "group", f.Group),
		ValidAfter:  args.filterTime("valid after", f.ValidAfter),
		ValidBefore: args.filterTime("valid before", f.ValidBefore),
	}
	filter.First, filter.Last = args.pageLimits(f.First, f.Last)
	return filter
}

func voucherOf(v *wire.Voucher) Voucher {
	return Voucher{
		ID:          VoucherID(v.VID),
		Code:        VoucherCode(v.VIDEncoded),
		Amount:      Cents(v.AmountVouched),
		Allocated:   Cents(v.AmountAllocated),
		Transfer:    TransferID(v.IDFortTransfer),
		Fee:         Cents(v.Fee),
		From:        UID(v.UIDFrom),
		Proxy:       UID(v.UIDProxy),
		To:          UID(v.UIDTo),
		Group:       GroupID(v.GID),
		ValidUntil:  v.TSValidUntil,
		Description: v.Description,
		Message:     v.Message,
	}
}
