package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A shop sells a page to Ann, through a sandbox of its own.
type shop struct {
	broker  *sandbox.Server
	client  *vingd.Client
	wall    *paywall.Paywall
	server  *httptest.Server
	ann     *sandbox.Buyer
	browser *http.Client // Ann's
}

// open opens a shop that makes spans.
func open(tracing trace.TracerProvider) (s *shop, err error) {
	s = new(shop)
	if s.broker, err = sandbox.Start(sandbox.Options{}); err != nil {
		return nil, err
	}
	if s.ann, err = s.broker.AddBuyer("Ann", 10_00); err != nil {
		return nil, errors.Join(err, s.broker.Close())
	}
	// A span for each call.
	traced := &http.Client{Transport: newTransport(s.broker.HTTPClient().Transport, tracing)}
	s.client, err = vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(s.broker.Endpoint()), vingd.WithFrontend(s.broker.Frontend()),
		vingd.WithHTTPClient(traced), vingd.WithTracedTransport()) // it reports connections, and sends each request once
	if err != nil {
		return nil, errors.Join(err, s.broker.Close())
	}
	s.wall, err = paywall.New(s.client, paywall.Options{Journal: paywall.NewMemory()})
	if err != nil {
		return nil, errors.Join(err, s.broker.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /article", s.wall.Sell(s.offer, http.HandlerFunc(article)))
	// A span for each request of a browser. It has the path, but not the query, which may hold a token.
	s.server = httptest.NewTLSServer(otelhttp.NewHandler(mux, "shop", otelhttp.WithTracerProvider(tracing)))
	s.browser = s.server.Client()
	if s.browser.Jar, err = cookiejar.New(nil); err != nil {
		return nil, errors.Join(err, s.close(context.Background()))
	}
	s.browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if "https://"+r.URL.Host != s.server.URL {
			return http.ErrUseLastResponse // do not load Vingd's page
		}
		return nil
	}
	return s, nil
}

func (s *shop) offer(r *http.Request) (paywall.Offer, error) {
	object, err := s.wall.EnsureObject(r.Context(), vingd.ObjectParams{Name: "Article 12", URL: s.server.URL + "/article"})
	return paywall.Offer{Object: object, Price: 2_00}, err
}

func article(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "Here is article 12.")
}

// pay follows the link on the page with the price, pays at Vingd, and returns the URL to which Vingd redirects Ann.
func (s *shop) pay(ctx context.Context) (back string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/article?vingd=buy", nil)
	if err != nil {
		return "", err
	}
	response, err := s.browser.Do(r)
	if err != nil {
		return "", err
	}
	if err := response.Body.Close(); err != nil {
		return "", err
	}
	order, err := strconv.ParseInt(path.Base(strings.TrimSuffix(response.Header.Get("Location"), "/add/")), 10, 64)
	if err != nil {
		return "", fmt.Errorf("article: got status %s, want a redirect to an order", response.Status)
	}
	paid, err := s.ann.Pay(vingd.OrderID(order))
	if err != nil {
		return "", err
	}
	return paid.String(), nil
}

// visit requests an address. It returns an error if the response has another status.
func (s *shop) visit(ctx context.Context, address string, status int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := s.browser.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err == nil && response.StatusCode != status {
		err = fmt.Errorf("article: got status %s, want %d", response.Status, status)
	}
	return errors.Join(err, response.Body.Close())
}

// close commits the purchases that are due, and closes the shop.
func (s *shop) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	s.server.Close()
	err := s.wall.Close(ctx)
	s.client.CloseIdleConnections()
	return errors.Join(err, s.broker.Close())
}
