package main

import (
	"errors"
	"fmt"
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

// skipShort skips a test that compiles a module for each mutant.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it checks the tool, and compiles a module for each mutant")
	}
}

func TestRun_Outcomes(t *testing.T) {
	skipShort(t)
	t.Parallel()
	out, ok, err := reportOf(t, settings{threshold: 76, users: []string{"./user"}, equivalent: "sample.go Spin condition: i != n → !(i != n)\n\tIt takes time.\n"})
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		t.Error("got ok for 75 %, want failure below 76 %")
	}
	row := func(name string, counts ...any) string {
		return fmt.Sprintf("\n%-10s", name) + fmt.Sprintf(strings.Repeat("%15v", len(counts))+"\n", counts...)
	}
	for _, want := range []string{
		"\nsample, seed 0, of 5 mutants\n",
		row("kind", "killed", "by users", "hung", "survived", "not compiling"),
		row("condition", 1, 0, 0, 0, 0),
		row("bound", 0, 0, 0, 1, 0),
		row("operator", 0, 0, 0, 0, 1),
		row("statement", 0, 0, 1, 0, 0),
		row("error", 0, 1, 0, 0, 0),
		row("all", 1, 1, 1, 1, 1),
		"survived: sample.go:6 Clamp bound: n > limit → n >= limit\n",
		"hung: sample.go:19 Spin statement: i++ → if false { i++ }\n",
		"noticed: 3 of 4 (75 %), at least 76 % required\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
}

func TestDraw_NotCompiling(t *testing.T) {
	var all []mutant
	for i := range 40 {
		all = append(all, mutant{kind: "bound", line: i})
	}
	draw := func(s settings) (tried []int, r *report) {
		r, err := s.draw(all, func(mutants []mutant, r *report) error {
			for _, m := range mutants {
				tried = append(tried, m.line)
				r.add(m, []result{killed, survived, notCompiling}[m.line%3])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return tried, r
	}
	tried, r := draw(settings{sample: 10, seed: 1})
	if r.tried() != 10 || len(tried) != 10+r.sum(notCompiling) || r.sum(notCompiling) == 0 {
		t.Errorf("tried %v with %d not compiling, want 10 that compile", tried, r.sum(notCompiling))
	}
	if again, _ := draw(settings{sample: 10, seed: 1}); !slices.Equal(again, tried) {
		t.Errorf("tried %v with seed 1, then %v", tried, again)
	}
	if other, _ := draw(settings{sample: 10, seed: 2}); slices.Equal(other, tried) {
		t.Errorf("tried %v with seed 1 and with seed 2", tried)
	}
	for _, sample := range []int{0, 100} {
		if tried, _ := draw(settings{sample: sample}); len(tried) != len(all) {
			t.Errorf("sample %d: tried %d mutants, want all %d", sample, len(tried), len(all))
		}
	}
	failed := errors.New("no disk")
	if _, err := (settings{}).draw(all, func([]mutant, *report) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got error %v, want that of the attempt", err)
	}
}

func TestRun_FailingTests(t *testing.T) {
	skipShort(t)
	t.Parallel()
	_, _, err := reportOf(t, settings{users: []string{"./failing"}})
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
