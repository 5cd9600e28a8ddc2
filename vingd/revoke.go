package vingd

import (
	"context"
	"net/http"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// Revoke revokes the caller's unused vouchers that the filter leaves, gives back what they had reserved, and returns
// each with the transfer that gave it back. What is revoked cannot be redeemed any more.
//
// The zero filter is refused: to revoke all there are, say [VoucherService.RevokeAll].
//
// It is not repeated when its outcome is unknown, since a second answer would lack what the first gave back.
// [VoucherService.ReconcileRevoke] finds out then.
//
// It needs the ACL flag voucher.revoke, else it returns [ErrForbidden].
//
// API: DELETE /vouchers, DELETE /vouchers/{vid_encoded}
func (s *VoucherService) Revoke(ctx context.Context, filter VoucherFilter) (map[VoucherCode]TransferID, error) {
	ch := s.c.checks(opVoucherRevoke)
	if filter == (VoucherFilter{}) {
		ch.add("filter", "is empty, which would revoke every voucher: use RevokeAll for that")
	}
	listed := filter.params(ch)
	if ch.err != nil {
		return nil, ch.err
	}
	if filter.Code != "" {
		params := wire.RevokeVoucherParams(listed)
		return s.revoke(ctx, func() (*http.Request, error) {
			return wire.NewRevokeVoucherRequest("", string(filter.Code), &params, wire.Revocation{Revoke: true})
		})
	}
	params := wire.RevokeVouchersParams(listed)
	return s.revoke(ctx, func() (*http.Request, error) {
		return wire.NewRevokeVouchersRequest("", &params, wire.Revocation{Revoke: true})
	})
}

// RevokeAll revokes every unused voucher of the caller, valid and expired ones alike. Otherwise it is as
// [VoucherService.Revoke].
//
// API: DELETE /vouchers
func (s *VoucherService) RevokeAll(ctx context.Context) (map[VoucherCode]TransferID, error) {
	return s.revoke(ctx, func() (*http.Request, error) {
		return wire.NewRevokeVouchersRequest("", nil, wire.Revocation{Revoke: true})
	})
}

func (s *VoucherService) revoke(ctx context.Context, request newRequest) (map[VoucherCode]TransferID, error) {
	revoked := map[VoucherCode]TransferID{}
	err := s.c.call(ctx, opVoucherRevoke, request, func(r *jsonread.Reader) error {
		clear(revoked)
		for r.Enter('{'); r.Next('}'); {
			code := VoucherCode(r.Key())
			revoked[code] = TransferID(optionalInt(r))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return revoked, nil
}
