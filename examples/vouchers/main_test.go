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
	want := regexp.MustCompile(`^(Redeem \S+ at https://127\.0\.0\.1:\d+/vouchers/\S+
){3}(\S+ is worth VINGD 1\.00
){2}(\S+: add
){3}\S+: use
2 vouchers are revoked\.
My balance is VINGD 999\.00\.
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("it printed\n%s", out.String())
	}
}
