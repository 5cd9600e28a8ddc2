package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun starts the shop, opens the address that it prints, and stops it.
func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, in, io.Discard)
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
			t.Errorf("%s answers with %s", found, response.Status)
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
