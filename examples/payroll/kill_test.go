package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// child, in the environment, makes the test binary the job that is killed, in the directory that it names.
const child = "VINGD_PAYROLL_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(child); dir != "" {
		if err := job(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// job is run, but for a client that may use plain HTTP and need not wait: a broker that the test has seen finish has
// nothing under way.
func job(dir string) error {
	ctx := context.Background()
	client, err := vingd.NewFromEnvironment(vingd.WithLoopbackHTTP(), vingd.WithSettling(0))
	if err != nil {
		return err
	}
	journal, err := openJournal(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return err
	}
	rewards, err := readList(filepath.Join(dir, "rewards.csv"))
	if err != nil {
		return err
	}
	for _, r := range rewards {
		if err := pay(ctx, client, journal, r); err != nil {
			return err
		}
	}
	return journal.close()
}

// killRewards is how many rewards TestKilledAnywhere pays; VINGD_PAYROLL_REWARDS says otherwise.
const killRewards = 250

// However often and wherever the job is killed, and however the broker fails, each reward is paid once.
func TestKilledAnywhere(t *testing.T) {
	rewards := killRewards
	if text := os.Getenv("VINGD_PAYROLL_REWARDS"); text != "" {
		var err error
		if rewards, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "rewards.csv")
	b := startBroker(t, "")
	client := b.client(t)
	if err := makeList(t.Context(), client, list, rewards); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections() // from now on, connections are those of jobs
	b.fail(t)

	kills := map[string]int{}
	for runs := 1; ; runs++ {
		if runs > rewards {
			t.Fatal("it never ends")
		}
		where, err := b.runAndKill(t, dir, phases[runs%len(phases)])
		if where == "" {
			if err != nil {
				t.Fatalf("the job ended by itself: %v", err)
			}
			break
		}
		kills[where]++
	}
	t.Logf("killed: %v", kills)
	for _, where := range phases {
		if kills[where] == 0 {
			t.Errorf("it was never killed %s", where)
		}
	}
	b.ClearFaults()
	b.checkLedger(t, list)
}

// The phases of a reward in which the job is killed.
var phases = []string{"before it is paid", "before it is answered", "after it is answered"}

// A broker serves a sandbox over plain HTTP, and kills whom it serves.
type broker struct {
	*sandbox.Sandbox

	server *httptest.Server

	mu        sync.Mutex
	open      map[net.Conn]bool
	countdown int // how many rewards until the job is killed
	phase     string
	victim    *exec.Cmd
	idle      *sync.Cond // open is empty
}

func startBroker(t *testing.T, data string) *broker {
	t.Helper()
	sb, err := sandbox.New(sandbox.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{Sandbox: sb, open: map[net.Conn]bool{}}
	b.idle = sync.NewCond(&b.mu)
	b.server = httptest.NewUnstartedServer(b)
	b.server.Config.ConnState = b.count
	b.server.Start()
	t.Cleanup(func() {
		b.server.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *broker) client(t *testing.T) *vingd.Client {
	t.Helper()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(b.endpoint()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func (b *broker) endpoint() string { return b.server.URL + "/broker/v1" }

// fail makes one in ten rewards go wrong, and one in ten look-ups.
func (b *broker) fail(t *testing.T) {
	t.Helper()
	for operation, faults := range map[string][]sandbox.Fault{
		"rewardUser": {
			{HangUp: true, Share: .02}, {HangUp: true, Done: true, Share: .02}, {Garbage: true, Share: .02},
			{Garbage: true, Done: true, Share: .02}, {Status: 500, Done: true, Share: .02},
		},
		"listTransfers": {{Status: 503, Share: .05}, {HangUp: true, Share: .05}},
	} {
		for _, fault := range faults {
			if err := b.Fail(operation, fault); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// count keeps count of the connections. One is closed when its last request is served.
func (b *broker) count(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch state {
	case http.StateNew:
		b.open[conn] = true
	case http.StateClosed, http.StateHijacked:
		delete(b.open, conn)
		b.idle.Broadcast()
	}
}

// runAndKill runs the job until it ends by itself, or until a reward, at random, in a phase of which it is killed. Then it
// waits until nothing is under way.
func (b *broker) runAndKill(t *testing.T, dir, phase string) (where string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+dir, "VINGD_USERNAME=test@vingd.com", "VINGD_PASSWORD=123", "VINGD_ENDPOINT="+b.endpoint())
	cmd.Stderr = os.Stderr
	b.mu.Lock()
	b.countdown, b.phase = 1+rand.IntN(20), phase
	b.mu.Unlock()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.victim = cmd
	b.mu.Unlock()
	err = cmd.Wait()

	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.open) > 0 {
		b.idle.Wait()
	}
	if b.victim != nil {
		b.victim = nil
		return "", err
	}
	return phase, nil
}

// ServeHTTP serves the sandbox, and kills the job at the reward that it is killed at.
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
		b.Handler().ServeHTTP(httptest.NewRecorder(), r)
		_ = victim.Kill()
	default:
		go func() { // while the job writes its journal, or sends the next reward
			<-time.After(rand.N(3 * time.Millisecond))
			_ = victim.Kill()
		}()
		b.Handler().ServeHTTP(w, r)
	}
}

// next returns whom to kill at this request, if it is the time.
func (b *broker) next(r *http.Request) (*os.Process, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.victim == nil || !strings.HasSuffix(r.URL.Path, "/rewards") {
		return nil, ""
	}
	if b.countdown--; b.countdown > 0 {
		return nil, ""
	}
	victim := b.victim.Process
	b.victim = nil
	return victim, b.phase
}

// checkLedger finds each reward of a list in the books once, and no other.
func (b *broker) checkLedger(t *testing.T, list string) {
	t.Helper()
	rewards, err := readList(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	transfers, err := b.client(t).Transfers.List(t.Context(), vingd.TransferFilter{From: b.Seller()})
	if err != nil {
		t.Fatal(err)
	}
	paid := map[string][]vingd.Transfer{}
	for _, transfer := range transfers {
		var note struct{ Message string }
		if err := json.Unmarshal([]byte(transfer.Description), &note); err != nil {
			t.Fatal(err)
		}
		paid[note.Message] = append(paid[note.Message], transfer)
	}
	if len(transfers) != len(rewards) {
		t.Errorf("there are %d transfers for %d rewards", len(transfers), len(rewards))
	}
	for _, r := range rewards {
		if got := paid[r.reference]; len(got) != 1 || got[0].Amount != r.amount {
			t.Errorf("%s of %v: paid by %+v", r.reference, r.amount, got)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
