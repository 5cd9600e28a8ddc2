package modeltest_test

import (
	"testing"
)

// The documents narrow down all vouchers by the filters of a revocation. So it selects what the list with the same filters
// shows, and made again it revokes no further voucher.
func TestRevoke_FirstAndLastCountUsedVouchers(t *testing.T) {
	p := newProcess(t)
	ask := func(method, path string, body, into any) {
		t.Helper()
		if err := loosely(p.request(p.kept, "test@vingd.com", method, "/broker/v1/"+path, body), into); err != nil {
			t.Fatal(err)
		}
	}
	var first, second, third struct {
		Code string `json:"vid_encoded"`
	}
	for _, made := range []any{&first, &second, &third} {
		ask("POST", "vouchers/", row{"amount": 10, "until": "2026-02-02T03:04:05+00:00", "message": "", "gid": nil}, made)
	}
	for _, c := range []struct{ filter, want string }{
		{"first=1", first.Code}, {"first=1", ""}, {"last=1", third.Code}, {"last=1", ""}, {"first=1/last=2", ""}, {"first=2/last=2", second.Code},
	} {
		var listed []struct {
			Code string `json:"vid_encoded"`
		}
		ask("GET", "vouchers/"+c.filter, nil, &listed)
		refunds := map[string]int64{}
		ask("DELETE", "vouchers/"+c.filter, row{"revoke": true}, &refunds)
		if _, has := refunds[c.want]; len(refunds) > 1 || has != (c.want != "") || !has && len(refunds) > 0 {
			t.Errorf("DELETE vouchers/%s revoked %v: want %q; the list has %v", c.filter, refunds, c.want, listed)
		}
	}
}
