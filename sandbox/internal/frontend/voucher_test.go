package frontend_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestRedeem(t *testing.T) {
	for _, window := range []string{"", "/popup"} {
		s := newSite(t)
		for _, write := range []func(string) string{
			func(code string) string { return code },
			func(code string) string { return code + "/" },
			strings.ToLower,
			func(code string) string { return strings.ReplaceAll(code, "-", "") },
			func(code string) string { return "%20" + strings.ReplaceAll(code, "-", "_.%20") },
			func(code string) string { return strings.ReplaceAll(code, "-", "%E2%80%93") }, // a phone's dash
		} {
			code := s.code(broker.NewVoucher{Amount: 1_00, Message: "Thank you!", Group: ""})
			path := window + "/vouchers/" + write(code)
			s.get(path).is(http.StatusOK).says(code).says("1.00").says("Thank you!").says("A voucher from seller@example.com").says("9 Jan 2026, 03:04:05 UTC")
			a := s.submit(path).is(http.StatusOK).says("Redeemed").says("1.00 vingds went to Ann.").leads("/")
			if closes := a.has("script", "src", "/assets/popup.js"); closes != (window != "") {
				t.Errorf("%s: the window closes itself: %v", path, closes)
			}
			s.get(path).is(http.StatusGone).says("Already redeemed").says(code)
		}
		s.holds(s.ann, 16_00)
	}
}

// A message may end its lines as browsers do.
func TestVoucher_LinesOfMessage(t *testing.T) {
	s := newSite(t)
	message := "Hello\r\nworld\rand\nall"
	s.get("/vouchers/" + s.code(broker.NewVoucher{Amount: 1_00, Message: message})).is(http.StatusOK).says("Hello\nworld\nand\nall")
}

func TestRedeem_AddBuyer(t *testing.T) {
	s := newSite(t)
	path := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1_00})
	s.submit(path, "buyer", "new", "name", "Bob", "balance", "0").is(http.StatusOK).says("1.00 vingds went to Bob.")
	s.holds(s.ann+1, 1_00)
}

func TestVoucher_Ended(t *testing.T) {
	for _, window := range []string{"", "/popup"} {
		s := newSite(t)
		used, revoked := s.code(broker.NewVoucher{Amount: 1}), s.code(broker.NewVoucher{Amount: 1})
		expired := s.code(broker.NewVoucher{Amount: 1, Until: new(s.clock.Now().Add(time.Minute))})
		shown := make(map[string]url.Values)
		for _, code := range []string{used, revoked, expired} {
			shown[code] = s.get(window + "/vouchers/" + code).fields()
		}
		must[vingd.Cents](t)(s.Redeem(s.ann, vingd.VoucherCode(used)))
		must[map[vingd.VoucherCode]vingd.TransferID](t)(s.RevokeOne(s.seller, vingd.VoucherCode(revoked), broker.VoucherFilter{}))
		s.clock.advance(time.Hour)
		for code, word := range map[string]string{used: "Already redeemed", revoked: "Revoked", expired: "Expired"} {
			s.get(window + "/vouchers/" + code).is(http.StatusGone).says(word).leads("/")
			s.post(window+"/vouchers/"+code, shown[code]).is(http.StatusGone).says(word).leads("/")
		}
		s.holds(s.ann, 10_01)
	}
}

func TestVoucherMistyped(t *testing.T) {
	s := newSite(t)
	code := s.code(broker.NewVoucher{Amount: 1})
	other := "2"
	if code[0] == '2' {
		other = "3"
	}
	for _, written := range []string{
		other + code[1:], code[:11], code + "2", "x", "-", "%3Cscript%3E", "history", "all", code + "%C3%A9", code + "%D9%A3", code + "%CC%81", code + "%FF", strings.Repeat("2", 65), strings.Repeat("-", 65) + code,
	} {
		s.get("/vouchers/" + written).is(http.StatusBadRequest).leads("/")
		s.get("/popup/vouchers/" + written).is(http.StatusBadRequest).leads("/")
	}
	s.get("/vouchers/2222-222-222").is(http.StatusNotFound).leads("/") // its checksum is right
}

func TestVoucher_OncePerGroup(t *testing.T) {
	s := newSite(t)
	first, second := s.code(broker.NewVoucher{Amount: 1, Group: "summer"}), s.code(broker.NewVoucher{Amount: 2, Group: "summer"})
	s.submit("/vouchers/" + first).is(http.StatusOK)
	a := s.submit("/vouchers/" + second).is(http.StatusConflict).says("already redeemed a voucher of group summer")
	s.holds(s.ann, 10_01)
	// The page is a form again, for somebody else.
	s.post("/vouchers/"+second, a.fields("buyer", "new", "name", "Bob", "balance", "1")).is(http.StatusOK).says("0.02 vingds went to Bob.")
}
