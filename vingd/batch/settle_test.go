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

// A wire passes requests to a sandbox in memory, and loses one that makes a voucher.
type wire struct {
	handler http.Handler
	lose    bool
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPost && w.lose {
		w.lose = false
		return nil, errors.New("hung up")
	}
	served := req.Clone(req.Context())
	served.RequestURI, served.RemoteAddr = req.URL.RequestURI(), "127.0.0.1:1"
	if served.Body == nil {
		served.Body = http.NoBody
	}
	recorded := httptest.NewRecorder()
	w.handler.ServeHTTP(recorded, served)
	_, err := io.Copy(io.Discard, served.Body)
	response := recorded.Result()
	response.Request = req
	response.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat)) // as a server does
	return response, err
}

// A run waits for as long as the client's settle time asks.
func TestRun_LongSettleTime(t *testing.T) {
	for _, settle := range []time.Duration{time.Second, vingd.DefaultSettleTime, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			sb, err := sandbox.New(sandbox.Options{Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close() //nolint:errcheck // the test looks at the vouchers
			w := &wire{handler: sb.Handler()}
			client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithHTTPClient(&http.Client{Transport: w}), vingd.WithSettleTime(settle))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1}); err != nil {
				t.Fatal(err)
			}
			<-time.After(48 * time.Hour) // so that the account has rows from before the run
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
