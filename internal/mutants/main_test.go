package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// reportOf runs the command on the sample module and returns what it prints.
func reportOf(t *testing.T, s settings) (string, bool, error) {
	t.Helper()
	s.dir, s.parallel, s.grace, s.progress = "testdata/sample", 2, 2*time.Second, t.Output()
	var out strings.Builder
	ok, err := run(t.Context(), s, []string{"."}, &out)
	return out.String(), ok, err
}

func TestRun_Outcomes(t *testing.T) {
	t.Parallel()
	out, ok, err := reportOf(t, settings{threshold: 81, users: []string{"./user"}})
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		t.Error("got ok for 80 %, want failure below 81 %")
	}
	row := func(name string, counts ...any) string {
		return fmt.Sprintf("\n%-10s", name) + fmt.Sprintf(strings.Repeat("%15v", len(counts))+"\n", counts...)
	}
	for _, want := range []string{
		"\nsample, seed 0, of 6 mutants\n",
		row("kind", "killed", "by users", "hung", "survived", "not compiling"),
		row("condition", 2, 0, 0, 0, 0),
		row("bound", 0, 0, 0, 1, 0),
		row("operator", 0, 0, 0, 0, 1),
		row("statement", 0, 0, 1, 0, 0),
		row("error", 0, 1, 0, 0, 0),
		row("all", 2, 1, 1, 1, 1),
		"survived: sample.go:6 Clamp bound: n > limit → n >= limit\n",
		"hung: sample.go:19 Spin statement: i++ → if false { i++ }\n",
		"noticed: 4 of 5 (80 %), at least 81 % required\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
}

func TestRun_Sample(t *testing.T) {
	t.Parallel()
	out, ok, err := reportOf(t, settings{sample: 1, seed: 7, threshold: 100, equivalent: "sample.go Spin statement: i++ → if false { i++ }\n" +
		"\tIt hangs.\nsample.go Fail error: err → mutantZero(err)\n\tOnly users.\n"})
	if err != nil || !ok || !strings.Contains(out, "of 4 mutants\n") || !strings.Contains(out, "noticed: 1 of 1 (100 %)") {
		t.Errorf("got ok %v and error %v, want one condition of 4 mutants in\n%s", ok, err, out)
	}
}

func TestRun_FailingTests(t *testing.T) {
	t.Parallel()
	_, _, err := reportOf(t, settings{users: []string{"./missing"}})
	if err == nil || !strings.Contains(err.Error(), "without a change") {
		t.Errorf("got error %v, want one of tests that fail without a change", err)
	}
}

func TestRun_StaleEquivalent(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"sample.go Clamp bound: n > 9 → n >= 9\n\tA reason.\n":              "no such mutant",
		"sample.go Clamp bound: n > limit → n >= limit\n":                   "reason is required",
		"sample.go Clamp bound: n > limit → n >= limit\na b c\n\tReason.\n": "reason is required",
		"\tA reason.\n": "must precede",
	} {
		if _, _, err := reportOf(t, settings{equivalent: list}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", list, err, want)
		}
	}
}

func TestSampleOf_Seed(t *testing.T) {
	var all []mutant
	for i := range 40 {
		all = append(all, mutant{kind: "bound", line: i})
	}
	sample := func(seed uint64) []mutant { return sampleOf(all, rand.New(rand.NewPCG(seed, 0)).Shuffle) }
	if !slices.Equal(sample(1), sample(1)) {
		t.Error("got two samples with one seed")
	}
	if slices.Equal(sample(1), sample(2)) {
		t.Error("got one sample with two seeds")
	}
}

func TestSampleOf_TakesTurns(t *testing.T) {
	all := []mutant{{kind: "bound", line: 1}, {kind: "bound", line: 2}, {kind: "bound", line: 3}, {kind: "sql", line: 4}, {kind: "error", line: 5}}
	reverse := func(n int, swap func(i, j int)) {
		for i := range n / 2 {
			swap(i, n-1-i)
		}
	}
	var got []int
	for _, m := range sampleOf(all, reverse) {
		got = append(got, m.line)
	}
	if want := "[3 5 4 2 1]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
