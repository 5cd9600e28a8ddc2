package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/postgrestest"
)

// The test binary is a replica if its arguments say so.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "--replica" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// The shop prints addresses that can be opened, and ends when it is told to.
func TestStart_OneProcess(t *testing.T) { opens(t) }

func TestStart_Replicas(t *testing.T) {
	server := postgrestest.Start(t)
	opens(t, "--replicas", "3", "--database", server.URL(server.Address()))
}

func TestStart_InvalidFlags(t *testing.T) {
	for _, args := range [][]string{{"--replicas", "0"}, {"--replicas", "2"}, {"--replicas", "x"}, {"--replica", "127.0.0.1:0", "--database", "nowhere"}} {
		if err := start(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// opens starts the shop, opens the addresses that it prints, buys an article, and stops it.
func opens(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := start(ctx, args, in, io.Discard)
		in.CloseWithError(io.EOF)
		ended <- err
	}()
	printed, opened := bufio.NewScanner(out), 0
	address := regexp.MustCompile(`http://\S+`)
	browser := &http.Client{Transport: new(http.Transport)}
	defer browser.CloseIdleConnections()
	for printed.Scan() {
		found := address.FindString(printed.Text())
		if found == "" {
			continue
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, found, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s", found, response.Status)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if opened++; opened == 2 { // the newspaper and Vingd
			cancel()
		}
	}
	if err := <-ended; err != nil || opened != 2 {
		t.Errorf("it printed %d addresses, and ended with %v", opened, err)
	}
}

// A request whose replica does not respond is led to the next one. Without any, the proxy says so.
func TestRoundRobin_ReplicaIsGone(t *testing.T) {
	p := new(roundRobin)
	var replicas []*httptest.Server
	for _, name := range []string{"a", "b", "c"} {
		replica := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, name+" "+r.Host)
		}))
		defer replica.Close()
		replicas = append(replicas, replica)
		p.add(replica.Listener.Addr().String())
	}
	ask := func(method, path string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://news.example"+path, nil)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	counts := make(map[string]int)
	for range 6 {
		_, body := ask(http.MethodGet, "/")
		counts[body]++
	}
	if counts["a news.example"] != 2 || counts["b news.example"] != 2 || counts["c news.example"] != 2 {
		t.Errorf("got %v", counts)
	}
	for range 3 {
		if _, body := ask(http.MethodPost, "/articles/bread/reward"); body != "a news.example" {
			t.Errorf("a reward is given by %q", body)
		}
	}
	replicas[1].Close()
	for range 6 {
		if status, body := ask(http.MethodGet, "/"); status != http.StatusOK || body[0] == 'b' {
			t.Errorf("got %d %q", status, body)
		}
	}
	replicas[0].Close()
	replicas[2].Close()
	if status, _ := ask(http.MethodGet, "/"); status != http.StatusBadGateway {
		t.Errorf("without a replica: got %d", status)
	}
}
