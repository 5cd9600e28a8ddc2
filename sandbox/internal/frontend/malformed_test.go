package frontend_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMalformedForms(t *testing.T) {
	s := newSite(t)
	_, order := s.essay()
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	for _, path := range []string{order, "/popup" + order, voucher, "/popup" + voucher} {
		for _, changes := range [][]string{
			{"do", ""}, {"do", "steal"}, {"do", "Pay"},
			{"buyer", "0"}, {"buyer", "-1"}, {"buyer", "4712.0"}, {"buyer", "04712"}, {"buyer", "Ann"}, {"buyer", "9223372036854775808"},
			{"buyer", "new", "name", ""}, {"buyer", "new", "name", " \t "}, {"buyer", "new", "name", strings.Repeat("č", 81)},
			{"buyer", "new", "name", "a\nb"}, {"buyer", "new", "name", "a\x00"}, {"buyer", "new", "name", "\xff"},
			{"buyer", "new", "balance", ""}, {"buyer", "new", "balance", "-1"}, {"buyer", "new", "balance", "+1"}, {"buyer", "new", "balance", "1.234"},
			{"buyer", "new", "balance", "."}, {"buyer", "new", "balance", ".5"}, {"buyer", "new", "balance", "1e3"}, {"buyer", "new", "balance", "1.2.3"},
			{"buyer", "new", "balance", "0x10"}, {"buyer", "new", "balance", "١"}, {"buyer", "new", "balance", "90071992547409.92"},
			{"buyer", "new", "balance", "99999999999999999999"}, {"buyer", "new", "balance", "NaN"},
		} {
			if a := s.submit(path, changes...); a.status != http.StatusBadRequest {
				t.Errorf("%s %q: got %d", path, changes, a.status)
			}
		}
		whole := s.get(path).fields().Encode()
		for body, contentType := range map[string]string{
			"":                   "",
			whole:                "text/plain",
			whole + " ":          "multipart/form-data; boundary=x",
			`{"do":"pay"}`:       "application/json",
			whole + "&%zz":       "application/x-www-form-urlencoded",
			whole + "&a;b":       "application/x-www-form-urlencoded",
			whole + "&do=pay":    "application/x-www-form-urlencoded",
			whole + "&buyer=new": "application/x-www-form-urlencoded",
			whole + "&x=" + strings.Repeat("x", 16<<10): "application/x-www-form-urlencoded",
		} {
			a := s.do(http.MethodPost, path, strings.NewReader(body), http.Header{"Content-Type": {contentType}})
			a.is(http.StatusBadRequest).leads(path)
		}
		// The fields of the address are not fields of the form.
		fields, _ := url.ParseQuery(whole)
		s.do(http.MethodPost, path+"?"+fields.Encode(), strings.NewReader(""), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}).is(http.StatusForbidden)
	}
	s.unchanged()
}

// unchanged fails the test if anything was bought, redeemed or created after newSite.
func (s *site) unchanged() {
	s.t.Helper()
	s.holds(s.ann, 10_00)
	if n := s.totals(); n.Purchases != 0 || n.Accounts != 2 {
		s.t.Errorf("there are %+v", n)
	}
}

func TestMethods(t *testing.T) {
	s := newSite(t)
	_, order := s.essay()
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	before := s.everything()
	for path, allowed := range map[string]string{
		order: "GET, HEAD, POST", "/popup" + order: "GET, HEAD, POST", voucher: "GET, HEAD, POST", "/popup" + voucher: "GET, HEAD, POST",
		"/": "GET, HEAD, POST", "/docs": "GET, HEAD", "/docs/vingd.yaml": "GET, HEAD", "/assets/style.css": "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "POST"} {
			if strings.Contains(allowed, method) {
				continue
			}
			a := s.do(method, path, nil, nil).is(http.StatusMethodNotAllowed)
			if got := a.header.Get("Allow"); got != allowed {
				t.Errorf("%s: got Allow %q, want %q", a.call, got, allowed)
			}
		}
		s.do(http.MethodHead, path, nil, nil).is(http.StatusOK)
		s.get(path + "?do=pay&do=redeem&buyer=new&name=x&balance=1").is(http.StatusOK)
	}
	if after := s.everything(); !reflect.DeepEqual(before, after) {
		t.Errorf("looking changed something: from %+v to %+v", before, after)
	}
}

// Texts of users are texts on every page, and not HTML.
func TestPages_HostileText(t *testing.T) {
	s := newSite(t)
	for _, hostile := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'/><b>`, `</title></textarea></style><script>`, `javascript:alert(1)`,
		`{{.}}<!-- `, "]]>&amp;&#60;b&#62;", "\u202eevil\u2028", `--><svg/onload=x>`,
	} {
		s.seller = must[vingd.UID](t)(s.AddSeller(broker.NewSeller{Username: strings.ReplaceAll(hostile, ":", "") + "@", Password: "x", Balance: 1000}))
		s.ann = must[vingd.UID](t)(s.AddBuyer(hostile, 10_00))
		address := "http://localhost/" + url.PathEscape(hostile) + "?a=<script>\"'&" + url.QueryEscape(hostile) + "#" + hostile
		_, path := s.order(hostile, address, 1)
		code := s.code(broker.NewVoucher{Amount: 1, Message: hostile, Description: hostile})
		query := "?context=" + url.QueryEscape(hostile) + "&site_url=" + url.QueryEscape(hostile) + "&object_url=" + url.QueryEscape(hostile)
		plain := func(a response) response {
			t.Helper()
			for _, e := range a.elements {
				for _, no := range []string{"img", "b", "svg", "style", "textarea"} {
					if e.name == no && e.text != "sandbox" {
						t.Errorf("%s: the page has <%s>", a.call, e.name)
					}
				}
				if link := e.attrs["href"]; link != "data:," && link != "" && !strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "http://localhost/") {
					t.Errorf("%s: the page has a link to %q", a.call, link)
				}
			}
			return a
		}
		for _, window := range []string{"", "/popup"} {
			plain(s.get(window + path + query)).is(http.StatusOK).says(hostile)
			plain(s.submit(window+path+query, "buyer", hostile, "name", hostile, "balance", hostile)).is(http.StatusBadRequest)
			plain(s.submit(window+path+query, "buyer", "new", "name", hostile, "balance", "0")).is(http.StatusPaymentRequired).says(hostile)
			plain(s.get(window + path + query + "&find=" + url.QueryEscape(hostile))).is(http.StatusOK).says(hostile)
			plain(s.submit(window+path+query, "do", "cancel")).is(http.StatusOK)
			plain(s.submit(window+path+query, "do", hostile)).is(http.StatusBadRequest)
			plain(s.get(window + "/vouchers/" + code + query)).is(http.StatusOK).says(hostile)
			plain(s.get(window + "/vouchers/" + url.PathEscape(hostile))).is(http.StatusBadRequest)
			plain(s.get(window + "/orders/" + url.PathEscape(hostile) + "/add/")).is(http.StatusBadRequest)
		}
		ann := strconv.Itoa(int(s.ann))
		plain(s.submit("/popup"+path+query, "buyer", ann)).is(http.StatusOK).handover()
		back := s.submit(path+query, "buyer", ann).location()
		if got := back.Query().Get("context"); back.Host != "localhost" || got != hostile {
			t.Errorf("%s: got %s", hostile, back)
		}
		plain(s.submit("/vouchers/"+code, "buyer", ann)).is(http.StatusOK).says(hostile)
		plain(s.get("/")).is(http.StatusOK).says(hostile)
		plain(s.get("/?q=" + url.QueryEscape(hostile))).is(http.StatusOK).says(hostile)
		for _, kind := range []string{"accounts", "objects", "orders", "purchases", "vouchers", "transfers"} {
			found := plain(s.get("/dashboard/" + kind + "/?q=" + url.QueryEscape(hostile))).is(http.StatusOK).links("/dashboard/" + kind + "/")
			if kind == "transfers" {
				continue // a deposit has no text
			}
			if len(found) == 0 {
				t.Errorf("%s: found no %s", hostile, kind)
			}
			for _, link := range found {
				plain(s.get(link)).is(http.StatusOK).says(strings.TrimSpace(hostile))
			}
		}
	}
}
