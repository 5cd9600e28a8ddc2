package browser_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A browser keeps the paywall's secure cookies. With TLS they have the prefix __Host-. On http://localhost and
// http://127.0.0.1 they have none. A reload with them costs no call to the broker. A browser that comes from Vingd without a
// cookie has one when it is charged.
func TestCookies(t *testing.T) {
	d := browser.Start(t)
	for name, site := range map[string]struct {
		start  func(http.Handler) *httptest.Server
		host   string
		prefix string
	}{
		"TLS":                 {httptest.NewTLSServer, "localhost", "__Host-"},
		"localhost":           {httptest.NewServer, "localhost", ""},
		"127.0.0.1":           {httptest.NewServer, "127.0.0.1", ""},
		"127.0.0.1 under TLS": {httptest.NewTLSServer, "127.0.0.1", "__Host-"},
	} {
		t.Run(name, func(t *testing.T) {
			sb := sandboxtest.New(t)
			calls := &calls{next: sb.HTTPClient().Transport}
			wall, err := paywall.New(newClient(t, sb, calls), paywall.Options{
				Journal: paywall.NewMemory(), Clock: sb.Now,
				Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer wall.Close(t.Context()) //nolint:errcheck // the books are checked
			var address string
			server := site.start(wall.Sell(func(r *http.Request) (paywall.Offer, error) {
				if r.URL.Path != "/" {
					return paywall.Offer{}, nil
				}
				object, err := wall.EnsureObject(r.Context(), vingd.ObjectParams{Name: "A page", URL: address})
				return paywall.Offer{Object: object, Price: 1_00}, err
			}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">`)
				for _, cookie := range r.Cookies() {
					if strings.HasPrefix(cookie.Name, site.prefix+"vingd-") && cookie.Name != site.prefix+"vingd-page" {
						fmt.Fprintf(w, "<p>%s</p>", cookie.Name)
					}
				}
				fmt.Fprint(w, "<p>Here is the page.</p>")
			})))
			defer server.Close()
			address = strings.Replace(server.URL, "127.0.0.1", site.host, 1) + "/"
			ann := sb.Buyer("Ann", 5_00)

			v := d.Visitor(t, browser.Windows()[0])
			v.Visit(address, http.StatusPaymentRequired)
			v.Click("Buy for 1.00 vingds")
			v.Choose("Ann")
			v.Click("Pay 1.00 vingds")
			v.Says("Here is the page.", site.prefix+"vingd-")
			if at := v.Address(); at != address {
				t.Errorf("the page is at %s", at)
			}
			_, verified, _ := calls.count()
			v.Reload(http.StatusOK)
			v.Says("Here is the page.")
			if _, after, _ := calls.count(); verified != 1 || after != 1 {
				t.Errorf("the token was verified %d times, and after a reload %d times", verified, after)
			}
			began, fresh := d.Visitor(t, browser.Windows()[0]), d.Visitor(t, browser.Windows()[0])
			began.Visit(address, http.StatusPaymentRequired)
			began.Click("Buy for 1.00 vingds")
			began.Awaits("Pay 1.00 vingds")
			fresh.Visit(began.Address(), http.StatusOK)
			fresh.Choose("Ann")
			fresh.Click("Pay 1.00 vingds")
			fresh.Says("Here is the page.", site.prefix+"vingd-")
			if at := fresh.Address(); at != address {
				t.Errorf("the page is at %s", at)
			}
			if balance := ann.Balance(); balance != 3_00 {
				t.Errorf("Ann holds %v", balance)
			}
			v.Quiet()
		})
	}
}
