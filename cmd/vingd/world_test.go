package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A world is a sandbox over plain HTTP, and what a script does to it.
type world struct {
	*sandbox.Sandbox

	server *httptest.Server
	client *vingd.Client // of the seller

	mu     sync.Mutex
	counts map[string]int      // how often each method was requested
	before func(*http.Request) // runs before each request, if a test has set it
}

func newWorld(balance vingd.Cents, flags []string) (*world, error) {
	sb, err := sandbox.New(sandbox.Options{Seller: sandbox.Seller{Balance: balance, Flags: flags}})
	if err != nil {
		return nil, err
	}
	w := &world{Sandbox: sb, counts: map[string]int{}}
	w.server = httptest.NewServer(w)
	w.client, err = vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(),
		vingd.WithEndpoint(w.endpoint()), vingd.WithFrontend(w.server.URL))
	return w, err
}

// openWorld returns a world that ends with the test.
func openWorld(t *testing.T, balance vingd.Cents) *world {
	t.Helper()
	w, err := newWorld(balance, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) endpoint() string { return w.server.URL + "/broker/v1" }

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.counts[r.Method]++
	before := w.before
	w.mu.Unlock()
	if before != nil {
		before(r)
	}
	w.Handler().ServeHTTP(rw, r)
}

// beforeEach runs a function before each request from now on.
func (w *world) beforeEach(run func(*http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = run
}

// close audits the books and ends the world.
func (w *world) close() error {
	w.client.CloseIdleConnections()
	w.server.Close()
	if err := w.Check(); err != nil {
		return err
	}
	return w.Close()
}

// environment returns the variables that lead the command to the world.
func (w *world) environment() map[string]string {
	return map[string]string{
		"VINGD_USERNAME": "test@vingd.com", "VINGD_PASSWORD": "123", "VINGD_ENDPOINT": w.endpoint(), "VINGD_FRONTEND": w.server.URL,
		"VINGD_SETTLE_TIME": "0s", // the world has nothing in flight once a connection is closed
	}
}

// must is for what a test prepares, which never fails.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// scripts are the worlds of the scripts that run.
type scripts struct {
	mu     sync.Mutex
	worlds map[string]*world // by working directory
}

func (s *scripts) world(ts *testscript.TestScript) *world {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.worlds[ts.Getenv("WORK")]
	if w == nil {
		ts.Fatalf("there is no sandbox yet")
	}
	return w
}

// commands are the words of the scripts.
func (s *scripts) commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		// code N COMMAND…: the command ends with this exit code, or for N- leaves no line on stderr.
		"code":    s.code,
		"sandbox": s.sandbox, // sandbox [BALANCE [FLAG…]]
		"fail":    s.fail,    // fail OPERATION [hangup|done|garbage|delay=D|status=N|next=N]…
		"mend":    func(ts *testscript.TestScript, _ bool, _ []string) { s.world(ts).ClearFaults() },
		"away":    s.away,    // the broker goes away
		"make":    s.make,    // make user|object|order|voucher|buyer NAME: sets $NAME to its id
		"holds":   s.holds,   // holds AMOUNT: the balance of the seller
		"count":   s.count,   // count vouchers|transfers N
		"capture": s.capture, // capture NAME: sets $NAME to what stdout was, trimmed
		"advance": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(s.world(ts).Advance(must(time.ParseDuration(args[0]))))
		},
	}
}

func (s *scripts) code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		if _, e := fmt.Sscanf(err.Error(), "exit status %d", &got); e != nil {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func (s *scripts) sandbox(ts *testscript.TestScript, _ bool, args []string) {
	balance, flags := vingd.Cents(1000_00), []string(nil)
	if len(args) > 0 {
		whole, err := strconv.Atoi(args[0])
		ts.Check(err)
		balance, flags = vingd.Cents(whole*100), args[1:]
		if len(flags) == 0 {
			flags = nil
		} else if flags[0] == "none" {
			flags = []string{}
		}
	}
	w, err := newWorld(balance, flags)
	ts.Check(err)
	s.mu.Lock()
	s.worlds[ts.Getenv("WORK")] = w
	s.mu.Unlock()
	ts.Defer(func() { ts.Check(w.close()) })
	for name, value := range w.environment() {
		ts.Setenv(name, value)
	}
	ts.Setenv("UID", strconv.FormatInt(int64(w.Seller()), 10))
}

func (s *scripts) fail(ts *testscript.TestScript, _ bool, args []string) {
	var f sandbox.Fault
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "hangup":
			f.HangUp = true
		case "done":
			f.Done = true
		case "delay":
			f.Delay = must(time.ParseDuration(value))
		case "garbage":
			f.Garbage = true
		case "status":
			f.Status = must(strconv.Atoi(value))
		case "next":
			f.Count = must(strconv.Atoi(value))
		default:
			ts.Fatalf("unknown fault %q", arg)
		}
	}
	ts.Check(s.world(ts).Fail(args[0], f))
}

func (s *scripts) away(ts *testscript.TestScript, _ bool, _ []string) {
	w := s.world(ts)
	w.server.CloseClientConnections()
	ts.Check(w.server.Listener.Close())
}

func (s *scripts) make(ts *testscript.TestScript, _ bool, args []string) {
	w, ctx := s.world(ts), background()
	what, name := args[0], args[1]
	ts.Setenv(name, w.make(ctx, what, name))
}

func (s *scripts) holds(ts *testscript.TestScript, neg bool, args []string) {
	w := s.world(ts)
	if got := must(w.Balance(w.Seller())).String(); (got == args[0]) == neg {
		ts.Fatalf("the seller has %s, want %s", got, args[0])
	}
}

func (s *scripts) count(ts *testscript.TestScript, _ bool, args []string) {
	w, got := s.world(ts), 0
	switch args[0] {
	case "vouchers":
		got = len(must(w.client.Vouchers.List(background(), vingd.VoucherFilter{})))
	case "transfers":
		got = len(must(w.client.Transfers.List(background(), vingd.TransferFilter{From: w.Seller()})))
	case "objects":
		got = len(must(w.client.Objects.List(background(), vingd.ObjectFilter{})))
	}
	if fmt.Sprint(got) != args[1] {
		ts.Fatalf("there are %d %s, want %s", got, args[0], args[1])
	}
}

func (s *scripts) capture(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// TestScripts runs the scripts of testdata, each with a sandbox of its own.
func TestScripts(t *testing.T) {
	s := &scripts{worlds: map[string]*world{}}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: s.commands(),
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Setenv("TZ", "UTC")
			return nil
		},
	})
}
