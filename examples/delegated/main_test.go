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
	want := regexp.MustCompile(`^[0-9a-f]{40} bought "Article 12" and has VINGD 3\.01 left\.
A stranger cannot be charged\.
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("it printed\n%s", out.String())
	}
}
