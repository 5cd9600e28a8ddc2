package batch_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// errHungUp is what a wire returns for a request that it loses.
var errHungUp = errors.New("hung up")

// A wire passes requests to a sandbox in memory, and loses one that makes a voucher.
type wire struct {
	handler http.Handler
	lose    bool

	loseResponse bool                      // of a request that makes a voucher
	hold         func(*http.Request) error // is called before a request is passed on, and may lose it; optional
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.hold != nil {
		if err := w.hold(req); err != nil {
			return nil, err
		}
	}
	if req.Method == http.MethodPost && w.lose {
		w.lose = false
		return nil, errHungUp
	}
	served := req.Clone(req.Context())
	served.RequestURI, served.RemoteAddr = req.URL.RequestURI(), "127.0.0.1:1"
	if served.Body == nil {
		served.Body = http.NoBody
	}
	recorded := httptest.NewRecorder()
	w.handler.ServeHTTP(recorded, served)
	_, err := io.Copy(io.Discard, served.Body)
	if req.Method == http.MethodPost && w.loseResponse {
		w.loseResponse = false
		return nil, errHungUp
	}
	response := recorded.Result()
	response.Request = req
	response.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat)) // as a server does
	return response, err
}

// newWire returns a wire to a sandbox that has a row from two days ago, and a client.
func newWire(t *testing.T, settle time.Duration) (*wire, *vingd.Client) {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sb.Close() })
	w := &wire{handler: sb.Handler()}
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithHTTPClient(&http.Client{Transport: w}), vingd.WithSettleTime(settle))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1}); err != nil {
		t.Fatal(err)
	}
	<-time.After(48 * time.Hour)
	return w, client
}

// A run waits for as long as the client's settle time asks.
func TestRun_LongSettleTime(t *testing.T) {
	for _, settle := range []time.Duration{time.Second, vingd.DefaultSettleTime, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w, client := newWire(t, settle)
			job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Voucher{{Amount: 1_00}})
			if err != nil {
				t.Fatal(err)
			}
			defer job.Close() //nolint:errcheck // it was run
			w.lose = true
			if got, err := job.Run(t.Context(), client, batch.Options{}); err != nil || got.Done != 1 || w.lose {
				t.Errorf("settle time %v: got %+v, %v", settle, got, err)
			}
		})
	}
}
