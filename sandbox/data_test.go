package sandbox_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// fileTests is an environment variable. With it, every test keeps its sandbox in a file.
const fileTests = "VINGD_SANDBOX_ON_FILE"

func onFile() bool { return os.Getenv(fileTests) != "" }

// The tests pass with a sandbox in a file too. It skips tests that only use memory and take long.
func TestData_AllTests(t *testing.T) {
	if onFile() {
		return // this process runs all tests already
	}
	if testing.Short() {
		t.Skip("each test ran in memory")
	}
	t.Parallel()
	tests := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^Test", "-test.skip=^Test(RecordedRequests|Life|States|Filter_.*|List_.*)$", "-test.shuffle=on", "-test.v")
	tests.Env = append(os.Environ(), fileTests+"=1")
	out, err := tests.CombinedOutput()
	if err != nil {
		t.Errorf("on a file: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: TestCrowd") {
		t.Errorf("on a file, the tests did not run:\n%s", out)
	}
}

// A sandbox that is started with a file continues where the last one ended.
func TestData_Reopen(t *testing.T) {
	clock, options := newClock(), sandbox.Options{Data: filepath.Join(t.TempDir(), "data")}
	open := func() *world { t.Helper(); return startWorld(t, clock, options) }
	w := open()
	ann := w.buyer("Ann", 500)
	oid := w.object()
	order := w.order(oid, 200)
	bought := as[purchase](w.call("GET", w.pay(ann, order), nil))
	unspent := w.pay(ann, order)
	used, kept := w.voucher(5, "g"), w.voucher(7, "g")
	if _, err := ann.Redeem(vingd.VoucherCode(used.VIDEncoded)); err != nil {
		t.Fatal(err)
	}
	lists := []string{"id/users", "fort/accounts", "registry/objects", "orders/all/", "vouchers", "vouchers/history", "fort/transfers/from=4711"}
	read := func() (all []string) {
		for _, path := range lists {
			all = append(all, string(w.call("GET", path, nil).is(http.StatusOK).raw))
		}
		return all
	}
	before := read()
	closeServer(t, w.Server)

	w = open()
	defer func() { closeServer(t, w.Server) }()
	if after := read(); !slices.Equal(before, after) {
		t.Errorf("got %s\nwant %s", after, before)
	}
	if got, err := w.Balance(ann.UID()); err != nil || got != 105 {
		t.Errorf("Ann holds %v, %v", got, err)
	}
	// One purchase can be committed, the other can be verified once, and the voucher is still reserved.
	w.commit(bought).is(http.StatusOK)
	w.call("GET", unspent, nil).is(http.StatusOK)
	w.call("GET", unspent, nil).is(http.StatusForbidden)
	if refunds := revoke(w, "vouchers/"+kept.VIDEncoded); len(refunds) != 1 {
		t.Errorf("got %v", refunds)
	}
	if err := w.Check(); err != nil {
		t.Error(err)
	}
}

func TestData_Unusable(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s, err := sandbox.New(sandbox.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = sandbox.New(sandbox.Options{Data: data, Seller: sandbox.Seller{Username: username, Password: "another"}})
	if !errors.Is(err, sandbox.ErrConflict) {
		t.Errorf("another password: got %v, want ErrConflict", err)
	}
	nowhere := filepath.Join(data, "data")
	if _, err := sandbox.New(sandbox.Options{Data: nowhere}); err == nil || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

// CheckFile refuses a data file that cp copied while a sandbox had it open, and accepts one of SaveFile.
func TestSaveFile(t *testing.T) {
	dir := t.TempDir()
	data, saved, copied, restored := filepath.Join(dir, "data"), filepath.Join(dir, "saved"), filepath.Join(dir, "copied"), filepath.Join(dir, "restored")
	s, err := sandbox.New(sandbox.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSandbox(t, s)
	ann, err := s.AddBuyer("Ann", 500)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(data)
	if err == nil {
		err = os.WriteFile(copied, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := sandbox.CheckFile(copied); err == nil || !strings.Contains(err.Error(), "vingd sandbox save") {
		t.Errorf("got %v, want an error that names vingd sandbox save", err)
	}
	if err := errors.Join(sandbox.SaveFile(data, saved), sandbox.CheckFile(saved), sandbox.RestoreFile(restored, saved)); err != nil {
		t.Fatal(err)
	}
	again, err := sandbox.New(sandbox.Options{Data: restored})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSandbox(t, again)
	if got, err := again.Balance(ann.UID()); err != nil || got != 500 {
		t.Errorf("Ann holds %v, %v; want 500", got, err)
	}
	if err := sandbox.RestoreFile(restored, saved); !errors.Is(err, sandbox.ErrConflict) || !strings.Contains(err.Error(), restored+": is in use by another sandbox") {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if _, err := sandbox.New(sandbox.Options{Data: data}); !errors.Is(err, sandbox.ErrConflict) || !strings.Contains(err.Error(), data+": is in use by another sandbox") {
		t.Errorf("got %v, want ErrConflict", err)
	}
}

// CheckFile finds a flipped bit in each copy of a code or token in the file.
func TestCheckFile_FlippedBits(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	w := startWorld(t, newClock(), sandbox.Options{Data: data})
	v := as[voucher](w.call("POST", "vouchers/", map[string]any{"amount": 1, "until": nil, "message": "", "gid": nil}))
	token := strings.TrimPrefix(w.pay(w.buyer("Ann", 500), w.order(w.object(), 1)), "objects/")
	closeServer(t, w.Server)
	whole, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"voucher code": v.VIDEncoded, "token": token[strings.LastIndex(token, "/")+1:]} {
		found := 0
		for at := 0; ; at++ {
			i := bytes.Index(whole[at:], []byte(text))
			if i < 0 {
				break
			}
			at += i
			found++
			damaged := bytes.Clone(whole)
			damaged[at+5] ^= 1
			if err := os.WriteFile(data, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := sandbox.CheckFile(data); err == nil {
				t.Errorf("%s: CheckFile did not find the flipped bit at %d", what, at+5)
			}
		}
		if found < 2 {
			t.Errorf("%s: the file has it %d times, want twice, in a table and in an index", what, found)
		}
	}
}
