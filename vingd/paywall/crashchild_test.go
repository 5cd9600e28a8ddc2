package paywall_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// shopChild, in the environment, makes the test binary a shop that is killed.
const shopChild = "VINGD_PAYWALL_CHILD"

func TestMain(m *testing.M) {
	if setting := os.Getenv(shopChild); setting != "" {
		if err := keepShop(setting); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if setting := os.Getenv(branchChild); setting != "" {
		if err := keepBranch(setting); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if database := os.Getenv(benchChild); database != "" {
		if err := keepBench(database, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// keepShop sells an article at the door, which is file 3, until the standard input ends.
func keepShop(setting string) error {
	var address, path string
	var object vingd.ObjectID
	var require bool
	var ahead time.Duration
	k := new(killer)
	if _, err := fmt.Sscan(setting, &address, &path, &object, &require, &k.at, &ahead); err != nil {
		return err
	}
	door, err := net.FileListener(os.NewFile(3, "door"))
	if err != nil {
		return err
	}
	other := httptest.NewTLSServer(nil)
	k.next = other.Client().Transport // it knows the certificate, which all of httptest's servers have
	other.Close()
	now := func() time.Time { return time.Now().Add(ahead) }
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(address+"/broker/v1"), vingd.WithFrontend(address),
		vingd.WithHTTPClient(&http.Client{Transport: k}), vingd.WithClock(now))
	if err != nil {
		return err
	}
	journal, err := paywall.OpenJournal(path)
	if err != nil {
		return err
	}
	options := paywall.Options{Journal: &killingJournal{journal, k}, RequireCommit: require, Clock: now, Logger: slog.New(slog.DiscardHandler)}
	options.Quick(200 * time.Millisecond)
	wall, err := paywall.New(client, options)
	if err != nil {
		return err
	}
	handler := wall.Sell(func(*http.Request) (paywall.Offer, error) {
		return paywall.Offer{Object: object, Price: price}, nil
	}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.step()
		_, _ = io.WriteString(w, crashArticle[:10])
		_ = http.NewResponseController(w).Flush()
		k.step()
		_, _ = io.WriteString(w, crashArticle[10:])
		k.step()
	}))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		k.step()
	}))
	_ = server.Listener.Close() // it has another
	server.Listener = door
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := wall.Close(ctx); err != nil {
		return err
	}
	return journal.Close()
}

// A killer counts the steps of its process, before and after each call and each write, and kills it at one of them.
type killer struct {
	next http.RoundTripper
	at   int64
	n    atomic.Int64
}

func (k *killer) step() {
	if k.n.Add(1) == k.at {
		k.kill()
	}
}

func (k *killer) kill() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.at == -1 && r.Method == http.MethodPut {
		k.kill()
	}
	k.step()
	defer k.step()
	return k.next.RoundTrip(r)
}

type killingJournal struct {
	paywall.Journal

	k *killer
}

func (j *killingJournal) Swap(ctx context.Context, to paywall.Entry) (bool, error) {
	j.k.step()
	defer j.k.step()
	return j.Journal.Swap(ctx, to)
}
