// Command mutants changes a package in one place at a time and reports which changes its tests do not notice.
//
//	go run ./internal/mutants -sample 60 -seed 1 ./vingd
//
// The kinds of changes:
//   - condition: a condition is negated, or loses an operand
//   - bound: a comparison changes by one, or a number grows by one
//   - operator: another operator
//   - statement: a statement is left out
//   - argument: an argument, or the value of a field, is lost
//   - error: an error is swallowed
//   - sql: a condition, a comparison, an order or a limit in SQL changes
//
// The seed draws equal numbers of each kind. The fastest tests run first. A mutant that does not compile does not count. A
// mutant that hangs is noticed.
//
// The command fails if the tests notice less than -threshold percent. The list internal/mutants/equivalent.txt has the mutants
// that no test can notice, with the reason.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed equivalent.txt
var equivalentList string

// settings are the flags.
type settings struct {
	dir        string // the module's
	sample     int
	seed       uint64
	threshold  int
	parallel   int
	users      []string
	grace      time.Duration
	equivalent string
	progress   io.Writer
}

func main() {
	s := settings{dir: ".", equivalent: equivalentList, progress: os.Stderr}
	flag.IntVar(&s.sample, "sample", 60, "number of mutants of each package; 0 is all")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the sample")
	flag.IntVar(&s.threshold, "threshold", 90, "percentage that must be noticed")
	flag.IntVar(&s.parallel, "parallel", runtime.GOMAXPROCS(0), "number of mutants that are tried at once")
	flag.DurationVar(&s.grace, "grace", 10*time.Second, "time that tests may take beyond five times their own")
	users := flag.String("users", "", "packages, separated by spaces, whose tests run when the package's own pass")
	flag.Parse()
	s.users = strings.Fields(*users)
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: mutants [flags] package...")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx, s, flag.Args(), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run tries each of the packages and writes a report. It returns whether enough was noticed in each.
func run(ctx context.Context, s settings, patterns []string, out io.Writer) (bool, error) {
	targets, err := s.listPackages(ctx, patterns, killed)
	if err != nil {
		return false, err
	}
	good := true
	for _, t := range targets {
		ok, err := s.examine(ctx, t, out)
		if err != nil {
			return false, err
		}
		good = good && ok
	}
	return good, nil
}

// examine tries a sample of a package's mutants.
func (s settings) examine(ctx context.Context, t *target, out io.Writer) (bool, error) {
	root, err := filepath.Abs(s.dir)
	if err != nil {
		return false, err
	}
	all, err := s.mutantsOf(root, t)
	if err != nil {
		return false, err
	}
	t.root = root
	if t.scratch, err = makeTemp(""); err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(t.scratch) }()
	if len(s.users) > 0 {
		users, err := s.listPackages(ctx, s.users, killedByUser)
		if err != nil {
			return false, err
		}
		for _, user := range users {
			t.suites = append(t.suites, user.suites...)
		}
	}
	if len(t.suites) == 0 {
		return false, fmt.Errorf("the package %s has no tests", t.path)
	}
	for _, u := range t.suites {
		if err := u.prepare(ctx, t.scratch); err != nil {
			return false, err
		}
	}
	r, err := s.draw(all, func(mutants []mutant, r *report) error { return s.tryAll(ctx, t, mutants, r) })
	if err != nil {
		return false, err
	}
	return r.write(out, fmt.Sprintf("%s, seed %d, of %d mutants", t.path, s.seed, len(all)), s.threshold)
}

// draw tries a sample of mutants. For one that does not compile it draws another.
func (s settings) draw(all []mutant, try func([]mutant, *report) error) (*report, error) {
	r := &report{counts: map[string]map[result]int{}}
	waiting := sampleOf(all, rand.New(rand.NewPCG(s.seed, 0)).Shuffle)
	missing := func() int {
		if s.sample == 0 {
			return len(waiting)
		}
		return min(s.sample-r.tried(), len(waiting))
	}
	for n := missing(); n > 0; n = missing() {
		if err := try(waiting[:n], r); err != nil {
			return nil, err
		}
		waiting = waiting[n:]
	}
	return r, nil
}

// mutantsOf returns the mutants of a package's files, which are named relative to root.
func (s settings) mutantsOf(root string, t *target) ([]mutant, error) {
	list, err := parseEquivalent(s.equivalent)
	if err != nil {
		return nil, fmt.Errorf("equivalent.txt: %w", err)
	}
	var all []mutant
	var names []string
	for _, file := range t.files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return nil, err
		}
		found, err := findMutants(filepath.ToSlash(name), source)
		if err != nil {
			return nil, err
		}
		names = append(names, filepath.ToSlash(name))
		all = append(all, found...)
	}
	return withoutEquivalent(all, names, list)
}

// tryAll tries mutants, several at a time, and adds their results in their order.
func (s settings) tryAll(ctx context.Context, t *target, mutants []mutant, r *report) error {
	results := make([]result, len(mutants))
	errs := make([]error, len(mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, s.parallel) {
		workers.Go(func() {
			for i := range next {
				m := mutants[i]
				results[i], errs[i] = t.try(ctx, m)
				_, _ = fmt.Fprintf(s.progress, "%s: %s:%d %s\n", results[i], m.file, m.line, m.kind)
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	workers.Wait()
	for i, m := range mutants {
		if errs[i] != nil {
			return fmt.Errorf("%s:%d: %w", m.file, m.line, errs[i])
		}
		r.add(m, results[i])
	}
	return nil
}

// sampleOf orders mutants at random, by the seed, and takes turns between their kinds.
func sampleOf(all []mutant, shuffle func(n int, swap func(i, j int))) []mutant {
	byKind := map[string][]mutant{}
	for _, m := range all {
		byKind[m.kind] = append(byKind[m.kind], m)
	}
	for _, kind := range kinds {
		list := byKind[kind]
		shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	ordered := make([]mutant, 0, len(all))
	for len(ordered) < len(all) {
		for _, kind := range kinds {
			if list := byKind[kind]; len(list) > 0 {
				ordered, byKind[kind] = append(ordered, list[0]), list[1:]
			}
		}
	}
	return slices.Clip(ordered)
}
