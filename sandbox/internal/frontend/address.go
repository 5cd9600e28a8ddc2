package frontend

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// webURL reads an absolute http or https address.
func webURL(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, false
	}
	return u, true
}

// origin returns the origin of an address as browsers write it.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + strings.TrimSuffix(host, ":")
}

// fromField is the field of a form, and of an address, that has the address that a user came from.
const fromField = "from"

// cameFrom returns the address of the page that led a user to the page that r asks for. It returns an empty string if the browser
// does not tell: by default it tells the origin of another site, and no path.
func cameFrom(r *http.Request) string {
	for _, from := range []string{r.PostForm.Get(fromField), r.URL.Query().Get(fromField), r.Referer()} {
		if u, ok := webURL(from); ok && (u.Host != r.Host || u.Path != r.URL.Path) {
			return u.String()
		}
	}
	return ""
}

// backTo leads from a page to where the user came from.
func (pr problem) backTo(r *http.Request) problem {
	u, ok := webURL(cameFrom(r))
	if !ok {
		return pr
	}
	pr.Back, pr.BackText = u.String(), "Back to "+u.Host
	if u.Host == r.Host {
		pr.BackText = "Back to the sandbox"
	}
	return pr
}

// openerField is the field of a popup's address that has the origin of the page that opened the popup.
const openerField = "opener"

// keepOpener adds to the address of r the origin of the page that led the browser to a popup, if the browser tells it. The first
// such page opened the popup, as far as can be known. All forms and links of the popup have it in their addresses, too.
func keepOpener(r *http.Request) {
	u, ok := webURL(r.Referer())
	if !ok || u.Host == r.Host || r.URL.Query().Has(openerField) {
		return
	}
	if r.URL.RawQuery != "" {
		r.URL.RawQuery += "&"
	}
	r.URL.RawQuery += openerField + "=" + url.QueryEscape(origin(u))
}

// openerOf returns the origin that keepOpener kept, or an empty string.
func openerOf(query url.Values) string {
	u, ok := webURL(query.Get(openerField))
	if !ok {
		return ""
	}
	return origin(u)
}

// within reads an address that older integrations put into the address of an order. The address must be within the
// origin of the object's own URL. Otherwise a made-up address of an order could lead to another site.
func within(object *url.URL, written string) (*url.URL, bool) {
	u, ok := webURL(written)
	if !ok || u.User != nil || origin(u) != origin(object) {
		return nil, false
	}
	return u, true
}

// shopURL returns where a buyer goes who does not pay: to site_url, or to the object's URL. It returns an empty string if the
// object's URL is not a web address.
func shopURL(registered string, query url.Values) string {
	return insteadOf(registered, query.Get("site_url"))
}

// objectURL returns where a buyer goes who pays: to object_url, or to the object's URL. Its query lacks the token.
func objectURL(registered string, query url.Values) string {
	return insteadOf(registered, query.Get("object_url"))
}

// insteadOf returns an address that is within the origin of the registered one, else the registered one.
func insteadOf(registered, written string) string {
	object, ok := webURL(registered)
	if !ok {
		return ""
	}
	if other, ok := within(object, written); ok {
		return other.String()
	}
	return object.String()
}

// returnURL returns where the browser of a buyer goes after payment: to the object's URL or to object_url. The token and the
// context of the order's address are in its query.
func returnURL(receipt broker.Receipt, query url.Values) (*url.URL, bool) {
	back, ok := webURL(receipt.Address.String())
	if !ok {
		return nil, false
	}
	if u, ok := within(back, query.Get("object_url")); ok {
		back = u
	}
	var context *string
	if query.Has("context") {
		context = new(query.Get("context"))
	}
	return receipt.ReturnTo(back, context), true
}
