package main

import (
	"bufio"
	"context"
	"slices"
	"strings"
	"testing"

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
