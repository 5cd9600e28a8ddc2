package frontend_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// links returns the addresses below a prefix that the page leads to, each once and from above.
func (a response) links(prefix string) (all []string) {
	for _, e := range a.elements {
		if to := e.attrs["href"]; e.name == "a" && len(to) > len(prefix) && strings.HasPrefix(to, prefix) && !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}

// populate makes things of each kind, in each state, and returns the id of a committed purchase.
func (s *site) populate() broker.Purchase {
	s.t.Helper()
	_, path := s.essay()
	s.submit(path, "anonymous", "yes").location()
	p := s.bought(s.submit(path).location())
	if err := s.Commit(s.seller, p.ID, p.Transfer); err != nil {
		s.t.Fatal(err)
	}
	s.code(broker.NewVoucher{Amount: 5, Group: "summer"})
	must[vingd.Cents](s.t)(s.Redeem(s.ann, vingd.VoucherCode(s.code(broker.NewVoucher{Amount: 6, Message: "Thanks"}))))
	return p
}

// Every link of the dashboard leads to a page, and together they lead to a page for each thing.
func TestDashboard_EveryLink(t *testing.T) {
	s := newSite(t)
	s.populate()
	seen := map[string]bool{"/": true}
	for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
		a := s.get(queue[0])
		if a.status != http.StatusOK && !strings.HasPrefix(queue[0], "/orders/") {
			t.Errorf("%s: got %d", a.call, a.status)
		}
		for _, link := range a.links("/") {
			if !seen[link] {
				seen[link] = true
				queue = append(queue, link)
			}
		}
	}
	n := s.totals()
	for kind, want := range map[string]int{
		"accounts": n.Accounts + 2, // the mint and the reserve
		"objects":  n.Objects, "orders": n.Orders, "purchases": n.Purchases, "vouchers": n.Vouchers, "transfers": n.Transfers,
	} {
		got := 0
		for link := range seen {
			if id, ok := strings.CutPrefix(link, "/dashboard/"+kind+"/"); ok && id != "" && !strings.HasPrefix(id, "?") {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d pages can be reached, want %d", kind, got, want)
		}
	}
}

// The page of a thing leads to what it belongs to, and to what belongs to it.
func TestThing_Links(t *testing.T) {
	s := newSite(t)
	p := s.populate()
	ann, seller := fmt.Sprintf("/dashboard/accounts/%d", s.ann), fmt.Sprintf("/dashboard/accounts/%d", s.seller)
	object, order := fmt.Sprintf("/dashboard/objects/%d", p.Object), fmt.Sprintf("/dashboard/orders/%d", p.Order)
	purchase, paid := fmt.Sprintf("/dashboard/purchases/%d", p.ID), fmt.Sprintf("/dashboard/transfers/%d", p.Transfer)
	voucher := s.get("/dashboard/vouchers/").is(http.StatusOK).links("/dashboard/vouchers/")[0]
	for path, links := range map[string][]string{
		ann:      {paid, purchase, voucher, "/dashboard/transfers/?id=" + strconv.Itoa(int(s.ann)) + "&of=accounts"},
		seller:   {object, order, purchase, voucher, "/dashboard/accounts/2"},
		object:   {seller, order, purchase, paid, "http://localhost:666/?page=1"},
		order:    {seller, object, purchase, fmt.Sprintf("/orders/%d/add/", p.Order)},
		purchase: {ann, seller, object, order, paid},
		paid:     {ann, purchase, object, "/dashboard/accounts/3"},
		voucher:  {ann, seller},
	} {
		a := s.get(path).is(http.StatusOK)
		for _, link := range links {
			a.leads(link)
		}
	}
	s.get(voucher).says("Thanks").says("used")
	s.get(purchase).says("the order's").says("committed")
	for path, status := range map[string]int{
		"/dashboard/accounts/1": http.StatusOK, "/dashboard/accounts/99": http.StatusNotFound, "/dashboard/orders/0": http.StatusBadRequest,
		"/dashboard/orders/x": http.StatusBadRequest, "/dashboard/coins/": http.StatusNotFound, "/dashboard/coins/1": http.StatusNotFound,
		"/dashboard/": http.StatusNotFound, "/dashboard/orders/?of=vouchers&id=1": http.StatusBadRequest, "/dashboard/orders/?of=objects": http.StatusBadRequest,
		"/dashboard/orders/?before=x": http.StatusBadRequest, "/?q=" + strings.Repeat("x", 201): http.StatusBadRequest,
	} {
		s.get(path).is(status)
	}
}

// A search finds things by their ids, their texts, and the names that go with them.
func TestDashboard_Search(t *testing.T) {
	s := newSite(t)
	p := s.populate()
	for search, want := range map[string][]string{
		"ANN": {"accounts", "purchases", "vouchers"}, "An es": {"objects", "orders", "purchases", "transfers"}, "summer": {"vouchers"},
		"thanks": {"vouchers"}, "the order's": {"orders", "purchases"}, "seller@": {"accounts"}, string(p.HUID): {"purchases"},
		strconv.Itoa(int(s.ann)): {"accounts"}, "localhost:666": {"objects"}, "no such thing": nil, "%": nil, "_": nil, "\\": nil,
	} {
		var got []string
		a := s.get("/?q=" + url.QueryEscape(search)).is(http.StatusOK)
		for _, kind := range []string{"accounts", "objects", "orders", "purchases", "vouchers", "transfers"} {
			in := s.get("/dashboard/" + kind + "/?q=" + url.QueryEscape(search)).is(http.StatusOK)
			for _, link := range in.links("/dashboard/" + kind + "/") {
				if !strings.Contains(link, "?") && !slices.Contains(got, kind) {
					got = append(got, kind)
					a.leads(link)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: found %v, want %v", search, got, want)
		}
	}
}

// The pages of a list have each row once, newest first.
func TestList_Pages(t *testing.T) {
	s := newSite(t)
	for i := range 118 {
		must[vingd.UID](t)(s.AddBuyer(fmt.Sprintf("Buyer %d", i), 0))
	}
	s.get("/").is(http.StatusOK).says("newest 10 of 120")
	for list, want := range map[string]int{"/dashboard/accounts/": 120, "/dashboard/accounts/?q=BUYER": 118} {
		var all []string
		for page := list; page != ""; {
			a := s.get(page).is(http.StatusOK)
			links := slices.DeleteFunc(a.links("/dashboard/accounts/"), func(to string) bool { return strings.Contains(to, "?") })
			if len(links) > 50 || page != list && !a.has("a", "href", list) {
				t.Errorf("%s: got %d rows:\n%s", page, len(links), a.body)
			}
			all, page = append(all, links...), ""
			for _, e := range a.elements {
				if e.name == "a" && e.text == "Older" {
					page = e.attrs["href"]
				}
			}
		}
		for i, link := range all {
			if link != fmt.Sprintf("/dashboard/accounts/%d", int(s.ann)+118-i) {
				t.Fatalf("%s: row %d is %s", list, i, link)
			}
		}
		if len(all) != want {
			t.Errorf("%s: got %d rows, want %d", list, len(all), want)
		}
	}
}
