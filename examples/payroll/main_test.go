package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A reward that is paid is not paid again. The tests of package batch kill it.
func TestRun_Twice(t *testing.T) {
	t.Setenv("VINGD_USERNAME", "")
	t.Setenv("VINGD_KEY", "")
	dir := t.TempDir()
	for range 2 {
		var out strings.Builder
		if err := run(t.Context(), dir, 20, &out); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "All 20 rewards are paid, each once: 11.90 in all.\n"; got != want {
			t.Errorf("it printed %q, want %q", got, want)
		}
		assertPaidOnce(t, dir)
	}
}

// assertPaidOnce fails the test unless the sandbox's books have each reward of the list once.
func assertPaidOnce(t *testing.T, dir string) {
	t.Helper()
	rewards, err := readList(filepath.Join(dir, "rewards.csv"))
	if err != nil {
		t.Fatal(err)
	}
	broker, err := sandbox.Start(sandbox.Options{Data: filepath.Join(dir, "sandbox")})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close() //nolint:errcheck // the books are read
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(broker.Endpoint()), vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	transfers, err := client.Transfers.List(t.Context(), vingd.TransferFilter{From: broker.Seller()})
	if err != nil {
		t.Fatal(err)
	}
	paid := map[string]vingd.Cents{}
	for _, transfer := range transfers {
		var note struct{ Message string }
		if err := json.Unmarshal([]byte(transfer.Description), &note); err != nil {
			t.Fatal(err)
		}
		paid[note.Message] = transfer.Amount
	}
	if len(transfers) != len(rewards) {
		t.Errorf("there are %d transfers for %d rewards", len(transfers), len(rewards))
	}
	for _, r := range rewards {
		if paid[r.Reference] != r.Amount {
			t.Errorf("%s: got %v, want %v", r.Reference, paid[r.Reference], r.Amount)
		}
	}
}

// A list that cannot be paid as it is is not paid in part.
func TestReadList_Refused(t *testing.T) {
	for list, want := range map[string]string{
		"":                                       `the first line is []`,
		"a,1,x\n":                                `the first line is ["a" "1" "x"], must be ["huid" "amount" "reference"]`,
		"huid,amount,reference\na,0.50,x\n":      `:2: amount "0.50": must be in cents`,
		"huid,amount,reference\na,1,x\na,1,y,\n": `wrong number of fields`,
	} {
		path := filepath.Join(t.TempDir(), "rewards.csv")
		if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readList(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", list, err, want)
		}
	}
}
