package sandbox_test

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The filters are those that the specification has, and so are the values: the test holds no table of them. It fails for
// a filter that is added to the specification until the sandbox takes it and narrows its answer by it.

// An operation is one of the specification.
type operation struct {
	method, path string
	*openapi3.Operation
}

// filters returns the operation's filters.
func (o operation) filters() (filters []*openapi3.Parameter) {
	for _, p := range o.Parameters {
		if p.Value.Extensions["x-kvpath"] == true {
			filters = append(filters, p.Value)
		}
	}
	return filters
}

// specifiedOperations returns the operations of the specification that pass, in order.
func specifiedOperations(t *testing.T, pass func(operation) bool) (all []operation) {
	t.Helper()
	for _, path := range loadSpec(t).Paths.InMatchingOrder() {
		for method, o := range loadSpec(t).Paths.Value(path).Operations() {
			if one := (operation{method, path, o}); pass(one) {
				all = append(all, one)
			}
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.method+a.path, b.method+b.path) })
	if len(all) == 0 {
		t.Fatal("the specification has no such operation")
	}
	return all
}

func hasFilters(o operation) bool { return len(o.filters()) > 0 }

// A filter that is given narrows the answer, whatever its value.
func TestFilter_Narrows(t *testing.T) {
	kept := make(map[string]bool) // filters that some value of does not leave empty
	for _, o := range specifiedOperations(t, hasFilters) {
		s := newFilterStage(t)
		for _, base := range s.bases(o) {
			all := s.rows(o, base)
			for _, f := range o.filters() {
				if strings.Contains(base, "/"+f.Name+"=") {
					continue
				}
				var answers [][]string
				for _, value := range s.values(f) {
					got := s.rows(o, base+"/"+f.Name+"="+value)
					if !isSubset(got, all) {
						t.Errorf("%s %s/%s=%s: answers with rows that it does not have without the filter", o.method, base, f.Name, value)
					}
					kept[f.Name] = kept[f.Name] || len(got) > 0
					answers = append(answers, got)
				}
				checkAnswers(t, fmt.Sprintf("%s %s/%s", o.method, base, f.Name), f, s.values(f), answers, all)
			}
		}
	}
	for _, o := range specifiedOperations(t, hasFilters) {
		for _, f := range o.filters() {
			if !kept[f.Name] {
				t.Errorf("%s: no value of it leaves anything, so nothing shows that it works", f.Name)
			}
		}
	}
}

// checkAnswers fails the test unless what the values of a filter leave is what a filter leaves: a number of rows, those on
// one side of a bound, or those that have the value.
func checkAnswers(t *testing.T, name string, f *openapi3.Parameter, values []string, answers [][]string, all []string) {
	t.Helper()
	if isCount(f) {
		for i, value := range values {
			if want := min(numberOf(value), int64(len(all))); int64(len(answers[i])) != want {
				t.Errorf("%s=%s: got %d rows of %d, want %d", name, value, len(answers[i]), len(all), want)
			}
		}
		return
	}
	if len(all) > 0 && !slices.ContainsFunc(answers, func(got []string) bool { return len(got) < len(all) }) {
		t.Errorf("%s: no value leaves less than all %d rows, so it is ignored", name, len(all))
	}
	bound := nested(slices.All(answers), len(all)) || nested(slices.Backward(answers), len(all))
	switch {
	case isTime(f), isAmount(f) && bound:
		isPart := func(got []string) bool { return len(got) > 0 && len(got) < len(all) }
		if len(all) > 2 && !slices.ContainsFunc(answers, isPart) {
			t.Errorf("%s: no value leaves a part of %d rows, want some between none and all", name, len(all))
		}
		if !bound {
			t.Errorf("%s: of %d rows the values %v leave %v, want none to all or all to none", name, len(all), values, lengths(answers))
		}
	case !disjoint(answers) && (isID(f) || !bound):
		t.Errorf("%s: of %d rows the values %v leave %v, want each row for one value", name, len(all), values, lengths(answers))
	}
}

// Two filters leave what both leave, and a number of rows is taken of what the other filter leaves.
func TestFilter_TwoLeaveWhatBothLeave(t *testing.T) {
	s := newFilterStage(t)
	for _, o := range specifiedOperations(t, func(o operation) bool { return o.method == http.MethodGet && len(o.filters()) > 1 }) {
		for _, base := range s.bases(o) {
			known := make(map[string][]string)
			alone := func(filter string) []string { // the rows by one filter, which many pairs need
				rows, ok := known[filter]
				if !ok {
					rows = s.rows(o, base+"/"+filter)
					known[filter] = rows
				}
				return rows
			}
			for _, f := range o.filters() {
				for _, g := range o.filters() {
					if f.Name == g.Name || isCount(f) || strings.Contains(base, "/"+f.Name+"=") || strings.Contains(base, "/"+g.Name+"=") {
						continue
					}
					for _, v := range s.middle(f) {
						of := alone(f.Name + "=" + v)
						for _, w := range s.middle(g) {
							both := base + "/" + f.Name + "=" + v + "/" + g.Name + "=" + w
							got, want := s.rows(o, both), intersection(of, alone(g.Name+"="+w))
							if isCount(g) && len(got) != min(int(numberOf(w)), len(of)) || !isCount(g) && !slices.Equal(got, want) {
								t.Errorf("%s %s: got %d rows, want %d", o.method, both, len(got), len(want))
							}
						}
					}
				}
			}
		}
	}
}

// A filter that cannot be used is refused, and revokes nothing: to ignore it would make a narrow revocation revoke everything.
func TestFilter_InvalidIsRefused(t *testing.T) {
	s := newFilterStage(t)
	before := s.state()
	for _, o := range specifiedOperations(t, hasFilters) {
		for _, base := range s.bases(o) {
			for _, f := range o.filters() {
				for _, value := range invalidValues(t, f) {
					if status, body := s.call(o.method, base+"/"+f.Name+"="+value); status != http.StatusBadRequest {
						t.Errorf("%s %s/%s=%s: got %d, want 400: %s", o.method, base, f.Name, value, status, body)
					}
				}
			}
		}
	}
	if after := s.state(); after != before {
		t.Errorf("what was refused has changed something: got %s, want %s", after, before)
	}
}

// A filter that a call does not take is refused by its name, by every operation, and so is a query.
func TestFilter_UnknownIsRefused(t *testing.T) {
	s := newFilterStage(t)
	before := s.state()
	names := map[string]bool{"colour": true, "From": true, "first[]": true}
	every := specifiedOperations(t, func(operation) bool { return true })
	for _, o := range every {
		for _, f := range o.filters() {
			names[f.Name] = true
		}
	}
	for _, o := range every {
		base := s.paths(o)[0]
		for name := range names {
			query := base + "?" + name + "=1"
			if status, body := s.call(o.method, query); status != http.StatusBadRequest {
				t.Errorf("%s %s: got %d, want 400: %s", o.method, query, status, body)
			}
			if slices.ContainsFunc(o.filters(), func(f *openapi3.Parameter) bool { return f.Name == name }) {
				continue
			}
			path := base + "/" + name + "=1"
			if status, body := s.call(o.method, path); status != http.StatusBadRequest || !strings.Contains(body, name) {
				t.Errorf("%s %s: got %d, want 400 and the filter's name: %s", o.method, path, status, body)
			}
		}
	}
	if after := s.state(); after != before {
		t.Errorf("what was refused has changed something: got %s, want %s", after, before)
	}
}

func isSubset(part, whole []string) bool { return len(intersection(part, whole)) == len(part) }

// intersection returns the rows of a that are in b too. Rows are sorted, and no two are equal.
func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(row string) bool { _, found := slices.BinarySearch(b, row); return !found })
}

// nested reports whether each answer is a part of the next, the first of them empty and the last all of so many rows.
// So it is with a bound whose values run from one end of its type to the other.
func nested(answers iter.Seq2[int, []string], all int) bool {
	var before []string
	first := true
	for _, answer := range answers {
		if first && len(answer) > 0 || !isSubset(before, answer) {
			return false
		}
		before, first = answer, false
	}
	return len(before) == all
}

// disjoint reports whether no row is in two of the answers.
func disjoint(answers [][]string) bool {
	for i, a := range answers {
		for _, b := range answers[:i] {
			if len(intersection(a, b)) > 0 {
				return false
			}
		}
	}
	return true
}

func lengths(answers [][]string) (all []int) {
	for _, a := range answers {
		all = append(all, len(a))
	}
	return all
}
