package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A broker serves a sandbox over plain HTTP, and kills the process that it serves.
type broker struct {
	*sandbox.Sandbox

	t      *testing.T
	server *httptest.Server
	client *vingd.Client // of the seller
	conns  *endure.Conns

	mu        sync.Mutex
	countdown int // how many rows until the victim is killed
	phase     string
	victim    *os.Process
	hook      func() // called at the next row
}

func startBroker(t *testing.T, clock func() time.Time) *broker {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{Clock: clock, Seller: sandbox.Seller{Balance: 1_000_000_00}})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{Sandbox: sb, t: t, conns: endure.NewConns()}
	b.server = httptest.NewUnstartedServer(b)
	b.server.Config.ConnState = b.conns.Count
	b.server.Start()
	b.client = b.newClient("test@vingd.com")
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		b.server.Close()
		if err := b.Check(); err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *broker) endpoint() string { return b.server.URL + "/broker/v1" }

// newClient returns a client that need not wait for calls in flight.
func (b *broker) newClient(username string) *vingd.Client {
	b.t.Helper()
	client, err := vingd.New(vingd.Password(username, "123"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(b.endpoint()), vingd.WithSettleTime(0))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(client.CloseIdleConnections)
	return client
}

// fail makes an operation go wrong.
func (b *broker) fail(operation string, faults ...sandbox.Fault) {
	b.t.Helper()
	for _, fault := range faults {
		if err := b.Fail(operation, fault); err != nil {
			b.t.Fatal(err)
		}
	}
}

// failOften makes one row in ten go wrong, and one look-up in ten.
func (b *broker) failOften() {
	b.t.Helper()
	for _, operation := range []string{"rewardUser", "createVoucher"} {
		b.fail(operation,
			sandbox.Fault{HangUp: true, Fraction: .02}, sandbox.Fault{HangUp: true, Done: true, Fraction: .02}, sandbox.Fault{Garbage: true, Fraction: .02},
			sandbox.Fault{Garbage: true, Done: true, Fraction: .02}, sandbox.Fault{Status: 500, Done: true, Fraction: .02})
	}
	for _, operation := range []string{"listTransfers", "listVoucherHistory"} {
		b.fail(operation, sandbox.Fault{Status: 503, Fraction: .05}, sandbox.Fault{HangUp: true, Fraction: .05})
	}
}

// The phases of a row in which the job is killed.
var phases = []string{"before it is done", "before its response", "after its response"}

// run runs a child until it ends, and returns its error. If phase is not empty, the child is killed in that phase of a
// row at random. Then nothing is in flight any more.
func (b *broker) run(dir, phase string, killAt int64) (killed bool, err error) {
	b.t.Helper()
	return b.runErrand(errand{Dir: dir, Endpoint: b.endpoint(), KillAt: killAt}, phase)
}

// runErrand runs a child as run does.
func (b *broker) runErrand(e errand, phase string) (killed bool, err error) {
	b.t.Helper()
	b.client.CloseIdleConnections()
	text, err := json.Marshal(e)
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.CommandContext(b.t.Context(), os.Args[0])
	if e.Blocks > 0 {
		cmd = exec.CommandContext(b.t.Context(), "sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0"`, e.Blocks), os.Args[0])
	}
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	b.mu.Lock()
	b.countdown, b.phase = 1+rand.IntN(12), phase
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	if phase != "" {
		b.victim = cmd.Process
	}
	b.mu.Unlock()
	err = cmd.Wait()

	if err := b.conns.Settle(b.t.Context(), b.client); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	killed = cmd.ProcessState.ExitCode() == -1
	b.victim = nil
	if err != nil && !killed {
		b.t.Logf("the child says: %s", &stderr)
	}
	return killed, err
}

// atRow calls a function when the next row arrives, before it is served.
func (b *broker) atRow(hook func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hook = hook
}

// ServeHTTP serves the sandbox, and kills the victim at the row that it is killed at.
func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	victim, phase := b.next(r)
	if victim == nil {
		b.Handler().ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch phase {
	case phases[0]:
		_ = victim.Kill()
		b.Handler().ServeHTTP(w, r)
	case phases[1]:
		defer victim.Kill() //nolint:errcheck // also if the sandbox hangs up, by a panic
		b.Handler().ServeHTTP(httptest.NewRecorder(), r)
	default:
		defer func() { go victim.Kill() }() //nolint:errcheck // while the job writes its journal, or sends the next row
		b.Handler().ServeHTTP(w, r)
	}
}

// next returns the process to be killed at this request, if it is time.
func (b *broker) next(r *http.Request) (*os.Process, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodPost && b.hook != nil {
		b.hook()
		b.hook = nil
	}
	if b.victim == nil || r.Method != http.MethodPost {
		return nil, ""
	}
	if b.countdown--; b.countdown > 0 {
		return nil, ""
	}
	victim := b.victim
	b.victim = nil
	return victim, b.phase
}

// newRewards returns a list of rewards for users of their own.
func (b *broker) newRewards(n int) *list {
	b.t.Helper()
	l := new(list)
	for i := range n {
		user, err := b.client.Users.Create(b.t.Context(), vingd.UserParams{})
		if err != nil {
			b.t.Fatal(err)
		}
		l.Rewards = append(l.Rewards, rewardRow(user, i))
	}
	return l
}

// write writes a list where a child reads it.
func (l *list) write(t *testing.T, dir string) {
	t.Helper()
	content, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rows"), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// split returns the first rows of a list, and the others, as two plans.
func (l *list) split(n int) (first, second *list) {
	if l.Rewards != nil {
		return &list{Rewards: l.Rewards[:n]}, &list{Rewards: l.Rewards[n:]}
	}
	return &list{Vouchers: l.Vouchers[:n]}, &list{Vouchers: l.Vouchers[n:]}
}

// assertOnce fails the test unless the books have each row once, and nothing else. The rows may be those of several plans.
func (b *broker) assertOnce(l *list, before vingd.Cents, plans ...*list) {
	b.t.Helper()
	b.ClearFaults()
	want, got := map[string]vingd.Cents{}, map[string]vingd.Cents{}
	count := 0
	if l.Rewards != nil {
		for _, r := range l.Rewards {
			want[r.Reference] = r.Amount
		}
		transfers, err := b.client.Transfers.List(b.t.Context(), vingd.TransferFilter{From: b.Seller()})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, transfer := range transfers {
			var note struct{ Message string }
			if err := json.Unmarshal([]byte(transfer.Description), &note); err != nil {
				b.t.Fatal(err)
			}
			got[note.Message] = transfer.Amount
			count++
		}
	} else {
		if plans == nil {
			plans = []*list{l}
		}
		for _, p := range plans {
			for i, reference := range referencesOf(b.t, p) {
				want[reference] = p.Vouchers[i].Amount
			}
		}
		made, err := b.client.Vouchers.List(b.t.Context(), vingd.VoucherFilter{})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, v := range made {
			if v.Allocated != v.Amount {
				b.t.Errorf("voucher %s has %v reserved, want %v", v.Code, v.Allocated, v.Amount)
			}
			got[v.Description] = v.Amount
			count++
		}
	}
	if count != len(want) {
		b.t.Errorf("the broker has %d rows, want %d", count, len(want))
	}
	var sum vingd.Cents
	for ref, amount := range want {
		if got[ref] != amount {
			b.t.Errorf("%s: got %v, want %v", ref, got[ref], amount)
		}
		sum += amount
	}
	if after, err := b.Balance(b.Seller()); err != nil || before-after != sum {
		b.t.Errorf("the seller has %v less, want %v, %v", before-after, sum, err)
	}
}
