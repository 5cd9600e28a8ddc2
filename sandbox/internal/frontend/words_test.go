package frontend_test

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// Each amount has a unit: in the head of its column, or beside it.
func TestPages_Units(t *testing.T) {
	s := newSite(t)
	p := s.populate()
	for _, path := range []string{
		"/dashboard/accounts/", "/dashboard/orders/", "/dashboard/purchases/", "/dashboard/vouchers/", "/dashboard/transfers/",
		fmt.Sprintf("/dashboard/accounts/%d", s.ann), fmt.Sprintf("/dashboard/orders/%d", p.Order), fmt.Sprintf("/dashboard/purchases/%d", p.ID),
		fmt.Sprintf("/dashboard/transfers/%d", p.Transfer),
	} {
		heads := 0
		all := s.get(path).is(http.StatusOK).elements
		for i, e := range all {
			if e.attrs["class"] != "money" || e.name == "td" {
				continue
			}
			if heads++; all[i+1].name != "small" || all[i+1].text != "(vingds)" && all[i+1].text != "vingds" {
				t.Errorf("%s: <%s>%s</%s> has no unit", path, e.name, e.text, e.name)
			}
		}
		if heads == 0 {
			t.Errorf("%s: has no amount", path)
		}
	}
}

// The page of an order says when it lists some of the buyers only, and when it lists none.
func TestOrder_BuyersFound(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	const more, none = "These are the newest buyers.", "No buyer matches “Zoe”."
	if a := s.get(path).is(http.StatusOK); strings.Contains(a.body, more) || strings.Contains(a.body, none) {
		t.Errorf("got %s", a.body)
	}
	for i := range 12 {
		must[vingd.UID](t)(s.AddBuyer(fmt.Sprintf("Buyer %d", i), 0))
	}
	s.get(path).is(http.StatusOK).says(more)
	s.get(path + "?find=Zoe").is(http.StatusOK).says(none)
}

// A popup that stays open says that the user can close it.
func TestPopup_SaysHowToEnd(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	const end = "You can also close this window."
	s.submit("/popup"+path, "do", "cancel").is(http.StatusOK).says(end)
	code := s.code(broker.NewVoucher{Amount: 5})
	s.submit("/popup/vouchers/"+code, "do", "redeem").is(http.StatusOK).says(end)
	if a := s.submit(path, "do", "cancel").is(http.StatusOK); strings.Contains(a.body, end) {
		t.Error("a window that is no popup says so, too")
	}
}

// The tabs mark the list that a page belongs to.
func TestTabs_Current(t *testing.T) {
	s := newSite(t)
	s.populate()
	for path, want := range map[string]string{
		"/": "Dashboard", "/?q=Ann": "Dashboard", "/dashboard/orders/": "Orders", "/dashboard/accounts/4711": "Accounts", "/look/calls": "Calls",
	} {
		var got []string
		for _, e := range s.get(path).is(http.StatusOK).elements {
			if e.attrs["aria-current"] != "" {
				got = append(got, e.text)
			}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %s", path, got, want)
		}
	}
}

// The edges of fields and buttons are visible, light and dark: their contrast is 3 or more (WCAG 2.2, 1.4.11).
func TestStyle_Edges(t *testing.T) {
	css := string(must[[]byte](t)(os.ReadFile("assets/style.css")))
	luminance := map[string][]float64{} // of light and dark
	for _, found := range regexp.MustCompile(`--(edge|ground|card): #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		sum := 0.0
		for i, weight := range []float64{.2126, .7152, .0722} {
			part := float64(must[uint64](t)(strconv.ParseUint(found[2][2*i:2*i+2], 16, 8))) / 255
			if part > .04045 {
				part = math.Pow((part+.055)/1.055, 2.4)
			} else {
				part /= 12.92
			}
			sum += weight * part
		}
		luminance[found[1]] = append(luminance[found[1]], sum)
	}
	for i, theme := range []string{"light", "dark"} {
		if len(luminance["edge"]) <= i {
			t.Fatalf("%s: there is no color of edges", theme)
		}
		for _, behind := range []string{"ground", "card"} {
			a, b := luminance["edge"][i]+.05, luminance[behind][i]+.05
			if contrast := max(a, b) / min(a, b); contrast < 3 {
				t.Errorf("%s: the contrast of an edge and the %s is %.2f", theme, behind, contrast)
			}
		}
	}
}
