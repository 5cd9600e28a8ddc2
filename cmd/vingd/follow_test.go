package main

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A list that is followed goes on with new rows. It never shows those that its flags leave out, however new they are.
func TestFollow_LeftOut(t *testing.T) {
	w := openWorld(t, 1000_00)
	voucher := func() {
		t.Helper()
		must(w.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00}))
	}
	for range 5 {
		voucher()
	}
	for _, line := range []string{"vouchers history --last 1", "vouchers history --last 2", "transfers list --last 1"} {
		ctx, stop := context.WithCancel(t.Context())
		cmd := w.vingd(ctx, t.TempDir(), strings.Fields(line+" --follow --every 100ms --no-header -o csv --columns id")...)
		rows := bufio.NewScanner(must(cmd.StdoutPipe()))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 6 {
			if !rows.Scan() {
				t.Fatalf("%s: ended after %v: %v", line, got, rows.Err())
			}
			got = append(got, rows.Text())
			if len(got) > 1 || strings.HasSuffix(line, "1") {
				voucher() // the next row, once this one is shown
			}
		}
		stop()
		_ = cmd.Wait()
		sorted := slices.Clone(got)
		slices.Sort(sorted)
		if !slices.Equal(got, slices.Compact(sorted)) {
			t.Errorf("%s: got the rows %v, want each once, the older ones first", line, got)
		}
	}
}

// The first list may have no rows. Then the next lists have all new ones, whatever bounded the first.
func TestFollow_NothingAtFirst(t *testing.T) {
	w := openWorld(t, 1000_00)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var once sync.Once
	w.beforeEach(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "/vouchers/history/") && !strings.Contains(r.URL.Path, "/last=") {
			once.Do(func() {
				for range 3 {
					must(w.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1_00, Group: "spring"}))
				}
			})
		}
	})
	cmd := w.vingd(ctx, t.TempDir(), strings.Fields("vouchers history --group spring --last 1 --follow --every 100ms --no-header -o csv --columns id")...)
	rows := bufio.NewScanner(must(cmd.StdoutPipe()))
	timeout := time.AfterFunc(20*time.Second, stop)
	defer timeout.Stop()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for len(got) < 3 && rows.Scan() {
		got[rows.Text()] = true
	}
	stop()
	_ = cmd.Wait()
	if len(got) != 3 {
		t.Errorf("got the rows %v, want three", got)
	}
}

// A list that goes on has no last of the oldest rows.
func TestFollow_First(t *testing.T) {
	b := newBench(t)
	for _, line := range []string{"vouchers history", "transfers list"} {
		if r := b.run(strings.Fields(line + " --follow --first 2")...); r.code != 2 || !strings.Contains(r.stderr, "first") || !strings.Contains(r.stderr, "follow") {
			t.Errorf("%s: got %d, %s, want 2", line, r.code, r.stderr)
		}
	}
}
