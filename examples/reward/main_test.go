package main

import (
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^Rewarded by transfer \d+\.
The reader has VINGD 0\.75\.
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("it printed\n%s", out.String())
	}
}
