package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A command that changed something, and whose reader has gone, ends with 3 and says the result. One that only reads ends
// without a word, as programs before head do.
func TestOutput_ClosedPipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGPIPE here")
	}
	w, dir := openWorld(t, 1000_00), t.TempDir()
	user, object, voucher := w.make(t.Context(), "user", "ann"), w.make(t.Context(), "object", "A"), w.make(t.Context(), "voucher", "V")
	if err := os.WriteFile(filepath.Join(dir, "plan.csv"), []byte("amount\n1.00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const killed = -1 // by SIGPIPE
	const lost = "vingd: it was done, but its result was not printed: "
	for _, c := range []struct {
		line string
		code int
		says string
	}{
		{"vouchers create 5.00", 3, lost + "vid_encoded "},
		{"users create", 3, lost + "huid "},
		{"orders create " + object + " 2.00 --qr", 3, lost + "id "},
		{"objects create --name N --url https://shop.example/n -o id", 3, lost + "oid "},
		{"rewards give " + user + " 1.00 --reference gift --yes", 3, lost + "transfer_id "},
		{"campaign run plan.csv --yes", 3, lost},
		{"vouchers revoke " + voucher + " --yes", 3, lost},
		{"vouchers list", killed, ""},
		{"vouchers list -o jsonl", killed, ""},
		{"transfers list --follow", killed, ""},
		{"request GET fort/accounts", killed, ""},
		{"users create --dry-run", 0, "Nothing was done"},
		{"balance", killed, ""},
		{"campaign status plan.csv", killed, ""},
		{"help vouchers", killed, ""},
	} {
		cmd := w.vingd(t.Context(), dir, strings.Fields(c.line)...)
		var stderr strings.Builder
		cmd.Stdout, cmd.Stderr = closedPipe(t), &stderr
		code := exitCode(t, cmd.Run())
		last := stderr.String()[strings.LastIndex("\n"+strings.TrimSpace(stderr.String()), "\n"):]
		if code != c.code || !strings.HasPrefix(last, c.says) || (last == "") != (c.says == "") {
			t.Errorf("%s: got %d, %s, want %d, %s", c.line, code, &stderr, c.code, c.says)
		}
	}

	before := len(must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{})))
	cmd := w.vingd(t.Context(), dir, "vouchers", "create", "5.00")
	cmd.Stdout = closedPipe(t)
	cmd.Stderr = cmd.Stdout
	if code := exitCode(t, cmd.Run()); code != 3 {
		t.Errorf("without stderr: got %d, want 3", code)
	}
	if after := len(must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}))); after != before+1 {
		t.Errorf("there are %d vouchers, want %d", after, before+1)
	}
}

// closedPipe returns the end of a pipe without a reader.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}
