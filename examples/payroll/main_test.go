package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What is paid is not paid again.
func TestRun(t *testing.T) {
	t.Setenv("VINGD_USERNAME", "")
	t.Setenv("VINGD_KEY", "")
	dir := t.TempDir()
	for range 2 {
		var out strings.Builder
		if err := run(t.Context(), dir, 20, &out); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "All 20 rewards are paid, each once.\n"; got != want {
			t.Errorf("it printed %q, want %q", got, want)
		}
		startBroker(t, filepath.Join(dir, "sandbox")).checkLedger(t, filepath.Join(dir, "rewards.csv"))
	}
}

// A journal has one job at a time, and lets go of it.
func TestOneJobAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	first, err := openJournal(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(t.Context(), path); err == nil || !strings.Contains(err.Error(), "is there another job?") {
		t.Errorf("got %v, want that there is another job", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := openJournal(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
}

// A list that cannot be paid as it stands is not paid in part.
func TestBadLists(t *testing.T) {
	for list, want := range map[string]string{
		"":                                       `the first line is []`,
		"a,1,x\n":                                `the first line is ["a" "1" "x"], must be ["huid" "amount" "reference"]`,
		"huid,amount,reference\na,1,x\na,1,x\n":  `:3: reference is "x", must be unlike any other`,
		"huid,amount,reference\na,1,\n":          `:2: reference is "", must be unlike any other`,
		"huid,amount,reference\na,0.50,x\n":      `:2: amount is "0.50", must be in cents, above zero`,
		"huid,amount,reference\na,-1,x\n":        `:2: amount is "-1", must be in cents, above zero`,
		"huid,amount,reference\na,1,x\na,1,y,\n": `wrong number of fields`,
	} {
		path := filepath.Join(t.TempDir(), "rewards.csv")
		write(t, path, list)
		if _, err := readList(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", list, err, want)
		}
	}
}
