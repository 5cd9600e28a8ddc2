package frontend_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// choices returns the buyers that a page offers, from above, and the one that is chosen.
func (a response) choices() (offered []string, chosen string) {
	for _, e := range a.elements {
		if e.attrs["name"] != "buyer" {
			continue
		}
		offered = append(offered, e.attrs["value"])
		if e.attrs["checked"] != "" {
			chosen = e.attrs["value"]
		}
	}
	return offered, chosen
}

// The default buyer is the one who paid last, if there is enough left; otherwise the newest who can pay.
func TestForm_DefaultBuyer(t *testing.T) {
	s := newSite(t)
	_, path := s.order("A book", "http://localhost/", 4_00)
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	expect := func(path string, want vingd.UID) {
		t.Helper()
		if _, chosen := s.get(path).is(http.StatusOK).choices(); chosen != strconv.Itoa(int(want)) {
			t.Errorf("%s: got buyer %s, want %d", path, chosen, want)
		}
	}
	expect(path, s.ann)
	bob := must[vingd.UID](t)(s.AddBuyer("Bob", 5_00))
	poor := must[vingd.UID](t)(s.AddBuyer("Poor", 0))
	expect(path, bob) // the newest who can pay
	expect(voucher, poor)
	s.submit(path, "buyer", strconv.Itoa(int(s.ann))).location()
	expect(path, s.ann)
	expect(voucher, s.ann)
	s.submit(path, "buyer", strconv.Itoa(int(s.ann))).location() // 2.00 are left
	expect(path, bob)
	s.submit(path, "buyer", strconv.Itoa(int(bob))).location()
	if offered, chosen := s.get(path).choices(); chosen != "new" || len(offered) != 4 {
		t.Errorf("got %s of %v, want a new buyer", chosen, offered)
	}
}

// A page offers a few buyers. A search finds any other, and keeps the rest of the address.
func TestForm_Search(t *testing.T) {
	s := newSite(t)
	for i := range 60 {
		must[vingd.UID](t)(s.AddBuyer(fmt.Sprintf("Buyer %d", i), 50_00))
	}
	_, path := s.order("A castle", "http://localhost:666/", 9_00)
	code := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	ann := strconv.Itoa(int(s.ann))
	for _, page := range []string{path, "/popup" + path, code, "/popup" + code} {
		if offered, _ := s.get(page + "?context=a&context=b").choices(); len(offered) != 13 || slices.Contains(offered, ann) {
			t.Errorf("%s: got %v, want 12 buyers and a new one", page, offered)
		}
		a := s.get(page + "?context=a&find=aNN&x=%3D").is(http.StatusOK)
		if offered, chosen := a.choices(); !slices.Equal(offered, []string{ann, "new"}) || chosen != ann {
			t.Errorf("%s: got %s of %v", page, chosen, offered)
		}
		if !a.has("form", "method", "get") || !a.has("input", "value", "aNN") || !a.has("input", "name", "context") || !a.has("input", "value", "=") {
			t.Errorf("%s: the search loses the address:\n%s", page, a.body)
		}
		s.get(page + "?find=nobody+at+all").is(http.StatusOK)
	}
	// The buyer who was found pays, and is offered again although newer ones exist.
	if p := s.bought(s.submit(path + "?find=ann").location()); p.Buyer != s.ann {
		t.Errorf("got %+v", p)
	}
	if offered, _ := s.get(code).choices(); offered[0] != ann {
		t.Errorf("got %v", offered)
	}
	// A form that is shown again keeps the choice.
	if offered, chosen := s.submit(path, "buyer", ann).is(http.StatusPaymentRequired).choices(); chosen != ann || offered[0] != ann {
		t.Errorf("got %s of %v", chosen, offered)
	}
}

// After redeeming, the user goes back to the page that led there, also after a search for a buyer.
func TestRedeem_Back(t *testing.T) {
	s := newSite(t)
	visit := func(path, referer string) response {
		t.Helper()
		return s.do(http.MethodGet, path, nil, http.Header{"Referer": {referer}})
	}
	for referer, want := range map[string]string{
		"http://shop.example/":          "http://shop.example/",
		"https://shop.example/thanks?x": "https://shop.example/thanks?x",
		s.address + "/dashboard/":       s.address + "/dashboard/",
		"":                              "/", "javascript:alert(1)": "/", "about:blank": "/", "http://": "/", "data:text/html,x": "/",
	} {
		for _, window := range []string{"", "/popup"} {
			path := window + "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
			a := visit(path, referer).is(http.StatusOK)
			if from := a.fields().Get("from"); from != "" {
				a = visit(path+"?find=ann&from="+from, s.address+path).is(http.StatusOK)
			}
			s.post(path, a.fields()).is(http.StatusOK).says("Redeemed").leads(want)
			visit(path, referer).is(http.StatusGone).leads(want)
		}
	}
}
