package frontend

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// formLimit bounds the body of a buyer's form, controlLimit that of a form of the dashboard.
	formLimit    = 16 << 10
	controlLimit = 256 << 10
	// listLimit bounds the buyers to choose from, and nameLimit the letters of a name.
	listLimit = 12
	nameLimit = 80
	// fresh is the choice of a buyer who does not exist yet.
	fresh = "new"
)

// A form is the form of a page, with the fields of the last submission if the page is shown again.
type form struct {
	Token  string
	Buyers []broker.AccountView
	// More says that there are buyers besides Buyers.
	More bool
	// Find is the text that the buyers were searched for, and Keep the rest of the address's query.
	Find      string
	Keep      []field
	Buyer     string // an account's number, or fresh
	Name      string
	Balance   string
	Anonymous bool
	Problem   string
}

// An outcome is what a form did. It is shown again if the form is submitted again.
type outcome struct {
	sent    sum                // of the fields
	choice  choice             // of the buyer
	buyer   broker.AccountView // even if a form added the buyer, and was then refused
	receipt broker.Receipt
	amount  vingd.Cents
	at      time.Time // by the sandbox's clock
}

// form returns the form of the page that r shows, for the first time or again. It has no buyers yet.
func (p *pages) form(w http.ResponseWriter, r *http.Request) form {
	f := form{
		Token: p.guard.token(w, r, p.broker.Resets()),
		Buyer: r.PostForm.Get("buyer"), Name: r.PostForm.Get("name"), Balance: r.PostForm.Get("balance"),
		Anonymous: r.PostForm.Get("anonymous") != "",
	}
	f.find(r.URL.Query())
	if r.Method != http.MethodPost {
		f.Name, f.Balance = "Test buyer", "10.00"
	}
	return f
}

// read reads a submitted form into r.PostForm. It responds with a page and returns false if it refuses the form.
func (p *pages) read(w http.ResponseWriter, r *http.Request, popup bool, limit int64) bool {
	refused := problem{Status: http.StatusBadRequest, Title: "Invalid form", Popup: popup, Back: r.URL.RequestURI(), BackText: "Open the page again"}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		refused.Message = "A form must be sent as application/x-www-form-urlencoded."
		p.fail(w, refused)
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		refused.Message = "The form cannot be read."
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			refused.Message = fmt.Sprintf("The form is longer than %d bytes.", tooLong.Limit)
		}
		p.fail(w, refused)
		return false
	}
	for field, values := range r.PostForm {
		if len(values) > 1 {
			refused.Message = fmt.Sprintf("The form has the field %q more than once.", field)
			p.fail(w, refused)
			return false
		}
	}
	resets, ok := p.guard.allows(r, r.PostForm.Get("token"))
	switch {
	case !ok:
		refused.Status, refused.Title = http.StatusForbidden, "Not from here"
		refused.Message = "The form does not come from this page in this browser, or the page has been open for too long. Nothing was done now."
	case resets != p.broker.Resets():
		refused.Status, refused.Title = http.StatusGone, "The sandbox was reset"
		refused.Message = "The form was opened before the reset. Nothing was done now."
	default:
		return true
	}
	p.fail(w, refused)
	return false
}

// readAmount reads vingds with up to two decimals, such as 10, 10.5 and 10,50.
func readAmount(s string) (vingd.Cents, bool) {
	s = strings.Replace(strings.TrimSpace(s), ",", ".", 1)
	amount, err := vingd.ParseCents(strings.TrimSuffix(s, "."))
	return amount, err == nil && !strings.HasPrefix(s, "-")
}

// readID reads an id of an address.
func readID(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != s {
		return 0, refuse("the number in the address must be 1 or more")
	}
	return n, nil
}

func refuse(message string) error { return &broker.Error{Kind: broker.ErrInvalid, Message: message} }
