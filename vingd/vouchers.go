package vingd

import (
	"context"
	"iter"
	"net/url"
	"time"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// DefaultVoucherExpiry is the lifetime of a voucher whose Expires is zero.
const DefaultVoucherExpiry = 7 * 24 * time.Hour

// VoucherService manages vouchers: codes that users redeem for money.
type VoucherService struct{ c *Client }

// Voucher is a code that a user can redeem for money.
type Voucher struct {
	ID          VoucherID
	Code        VoucherCode
	Amount      Cents      // credited to the user who redeems the voucher
	Allocated   Cents      // the reserved amount; zero without a reservation
	Transfer    TransferID // the transfer that reserved the amount; zero without a reservation
	Fee         Cents      // the broker's fee
	From        UID        // the account that pays
	Proxy       UID        // the broker's account
	To          UID        // the destination account; zero without one
	Group       GroupID    // empty without a group
	ValidUntil  time.Time
	Description string // a note for the seller only
	Message     string // shown to the user who redeems the voucher
}

// A VoucherState is the state of a voucher.
type VoucherState string

// The states of vouchers.
const (
	VoucherStateValid    VoucherState = "valid"    // a user can redeem it
	VoucherStateRedeemed VoucherState = "redeemed" // a user redeemed it
	VoucherStateRevoked  VoucherState = "revoked"  // the seller revoked it
	VoucherStateExpired  VoucherState = "expired"  // its time has passed
)

// StateAt returns the state of the voucher at a time, such as time.Now(). It follows from the fields, because the broker sends
// no state:
//   - A voucher with a reserved amount is valid, or expired if its time has passed.
//   - Any other voucher with a destination account is redeemed.
//   - Any other voucher is revoked, or expired if its time has passed. Only [VoucherService.History] tells whether the expired
//     voucher was revoked before.
//
// StateAt is for results of Create, Get, List and All. For the voucher of a [LogEntry], use its Action.
func (v *Voucher) StateAt(t time.Time) VoucherState {
	isReserved := v.Allocated != 0 || v.Amount == 0 && v.Transfer != 0
	switch isOver := !t.Before(v.ValidUntil); {
	case !isReserved && v.To != 0:
		return VoucherStateRedeemed
	case isOver:
		return VoucherStateExpired
	case isReserved:
		return VoucherStateValid
	default:
		return VoucherStateRevoked
	}
}

// VoucherParams are the parameters of [VoucherService.Create].
type VoucherParams struct {
	// Amount is credited to the user who redeems the voucher.
	Amount Cents
	// AllowZero permits an Amount of zero.
	AllowZero bool
	// Expires is the expiry time. If zero, [DefaultVoucherExpiry] from the call is used.
	Expires Time
	// Message is shown to the user who redeems the voucher. Optional.
	Message string
	// Group is the group of the voucher. Optional.
	Group GroupID
	// Description is a note for the seller only. Optional. Of the official clients only the PHP client has it.
	Description string
}

// VoucherFilter selects the caller's vouchers. The zero value matches every voucher.
type VoucherFilter struct {
	Code        VoucherCode // this voucher only
	From        UID         // with this source account
	To          UID         // with this destination account
	Group       GroupID     // of this group
	ValidAfter  Time        // expiring after this time
	ValidBefore Time        // expiring before this time
	First       int         // at most this many of the oldest; mutually exclusive with Last
	Last        int         // at most this many of the newest; mutually exclusive with First
}

// Create creates a voucher. [VoucherService.URLs] returns the URLs at which a user redeems it.
//
// It reserves the amount on the caller's account until the voucher is redeemed, revoked or expired. The client does not retry
// it if the outcome is unknown: call [VoucherService.Reconcile] then, which requires a unique message or description.
//
// It returns [ErrForbidden] if the caller lacks the voucher.add ACL flag. It returns [ErrGeneral] with status 402 if the balance is
// too low.
//
// API: POST /vouchers/
func (s *VoucherService) Create(ctx context.Context, params VoucherParams) (*Voucher, error) {
	args := s.c.args(opVoucherCreate)
	args.amount("amount", params.Amount, params.AllowZero)
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

// URLs returns the URLs at which a user redeems a voucher.
func (s *VoucherService) URLs(code VoucherCode) URLs {
	return s.c.urls("/vouchers/" + url.PathEscape(string(code)))
}

// Get returns one of the caller's vouchers.
//
// It returns [ErrForbidden] if the caller lacks the voucher.get ACL flag, and [ErrNotFound] for an unknown voucher.
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

// List returns the caller's vouchers that the filter selects, of every state. They are sorted by time of creation if First or
// Last is set, and by code otherwise.
//
// It returns [ErrForbidden] if the caller lacks the voucher.get ACL flag.
//
// API: GET /vouchers, GET /vouchers/{vid_encoded}
func (s *VoucherService) List(ctx context.Context, filter VoucherFilter) ([]Voucher, error) {
	return list(ctx, s.c, opVoucherList, s.request, filter, voucherOf)
}

// All streams the caller's vouchers that the filter selects, in constant memory. Each use of the sequence makes a call.
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

// params checks the filter and returns it without the code.
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
