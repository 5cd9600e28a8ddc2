package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/vingd/vingd-api-go/vingd"
)

// orderPage is the path of the page at Vingd on which an order is paid.
var orderPage = regexp.MustCompile(`^/orders/([0-9]+)/add/?$`)

// Visit opens a seller's page with a browser. If the page is for sale, the buyer pays for it, as by [Buyer.Pay], and returns
// to it. Visit returns the last response. The caller must close its Body.
//
// The page must redirect to Vingd, or be behind a paywall of package paywall. The browser must trust the seller's
// certificate. It needs a Jar if the seller remembers buyers by cookies.
func (b *Buyer) Visit(ctx context.Context, browser *http.Client, page string) (*http.Response, error) {
	response, err := b.visit(ctx, browser, page)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %s visits a page: %w", b.name, err)
	}
	return response, nil
}

func (b *Buyer) visit(ctx context.Context, browser *http.Client, page string) (*http.Response, error) {
	response, err := open(ctx, browser, page, "text/html")
	if err != nil {
		return nil, err
	}
	order, sold, err := orderOf(ctx, browser, response)
	switch {
	case err != nil:
		return nil, err
	case !sold:
		return response, nil
	}
	back, err := b.Pay(order)
	if err != nil {
		return nil, err
	}
	return open(ctx, browser, back.String(), "text/html")
}

// orderOf returns the order that a response leads to, and closes the response. If there is none, it reports false.
func orderOf(ctx context.Context, browser *http.Client, response *http.Response) (vingd.OrderID, bool, error) {
	if to, err := response.Location(); err == nil {
		if found := orderPage.FindStringSubmatch(to.Path); found != nil {
			id, err := strconv.ParseInt(found[1], 10, 64)
			return vingd.OrderID(id), true, errors.Join(err, response.Body.Close())
		}
	}
	if response.StatusCode != http.StatusPaymentRequired {
		return 0, false, nil
	}
	page := response.Request.URL.String()
	if err := response.Body.Close(); err != nil {
		return 0, false, err
	}
	response, err := open(ctx, browser, page, "application/json")
	if err != nil {
		return 0, false, err
	}
	var payment struct {
		Order vingd.OrderID `json:"order"`
	}
	const most = 1 << 20
	err = json.NewDecoder(io.LimitReader(response.Body, most)).Decode(&payment)
	if err != nil || payment.Order == 0 {
		err = errors.Join(fmt.Errorf("%s: the page names no order", response.Status), err)
	}
	return payment.Order, true, errors.Join(err, response.Body.Close())
}

// open sends a GET request. It follows redirects, but not to Vingd.
func open(ctx context.Context, browser *http.Client, page, accept string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", accept)
	own := *browser
	own.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if orderPage.MatchString(r.URL.Path) {
			return http.ErrUseLastResponse
		}
		if browser.CheckRedirect != nil {
			return browser.CheckRedirect(r, via)
		}
		const most = 10
		if len(via) >= most {
			return errors.New("stopped after 10 redirects")
		}
		return nil
	}
	response, err := own.Do(r)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // the URL may hold a token
	}
	return response, err
}
