package browser_test

import (
	"errors"
	"html/template"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A shop sells an essay: on one page, where buyers also return to, and to those whom a popup hands a token.
type shop struct {
	*httptest.Server

	client *vingd.Client
	page   shopPage
}

// A shopPage is what the shop shows a visitor.
type shopPage struct {
	Object vingd.ObjectID
	// Frontend is whose messages the shop believes.
	Frontend string
	Order    vingd.URLs
	Voucher  vingd.URLs
	// Told is what the visitor is told about the purchase, if there is one.
	Told string
}

// Where a script can, it opens popups as integrations do; else they are windows that links open.
var shopTemplate = template.Must(template.New("shop").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>The shop</title>
<h1>The shop</h1>
<p>{{or .Told "An essay costs 2.00 vingds."}}</p>
<p><a href="{{.Order.Redirect}}">Buy</a> <a class="popup" href="{{.Order.Popup}}" target="_blank" rel="opener">Buy in a popup</a></p>
<p><a class="popup" href="{{.Voucher.Popup}}" target="_blank" rel="opener">Redeem in a popup</a></p>
<script>
for (const link of document.querySelectorAll(".popup")) link.addEventListener("click", (event) => {
  event.preventDefault();
  window.open(link.href, "vingd", "popup,width=420,height=640");
});
addEventListener("message", (event) => {
  if (event.origin === {{.Frontend}}) location = "/handed?token=" + encodeURIComponent(JSON.stringify(event.data));
});
</script>
</html>`))

// newShop opens a shop that has nothing to sell yet.
func newShop(t *testing.T, client *vingd.Client, frontend string) *shop {
	t.Helper()
	s := &shop{client: client, page: shopPage{Frontend: frontend}}
	mux := http.NewServeMux()
	mux.HandleFunc("/essay", func(w http.ResponseWriter, r *http.Request) {
		callback, err := vingd.ParseCallback(r.URL)
		if errors.Is(err, vingd.ErrNoCallback) {
			s.show(w, "")
			return
		}
		s.sell(w, r, callback, err)
	})
	mux.HandleFunc("/handed", func(w http.ResponseWriter, r *http.Request) {
		callback, err := vingd.ParseToken([]byte(r.FormValue("token")))
		s.sell(w, r, callback, err)
	})
	s.Server = httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	return s
}

// sell serves who has a token, and has the purchase committed.
func (s *shop) sell(w http.ResponseWriter, r *http.Request, callback vingd.Callback, err error) {
	var purchase *vingd.Purchase
	if err == nil {
		purchase, err = s.client.Purchases.Verify(r.Context(), s.page.Object, callback.Token)
	}
	if err == nil {
		err = s.client.Purchases.Commit(r.Context(), purchase)
	}
	switch {
	case err != nil:
		s.show(w, "You have not bought the essay: "+err.Error())
	case purchase.Buyer == "":
		s.show(w, "Stranger, you bought the essay in "+purchase.Context+".")
	default:
		s.show(w, "You bought the essay in "+purchase.Context+".")
	}
}

func (s *shop) show(w http.ResponseWriter, told string) {
	page := s.page
	page.Told = told
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	shopTemplate.Execute(w, page) //nolint:errcheck // whoever asked is gone
}
