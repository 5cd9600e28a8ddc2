package sandbox_test

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/internal/endure"
)

// The filters and their values come from the specification. The tests hold no table of them. They fail if the specification
// gets a filter that does not narrow the sandbox's response.

// An operation is an operation of the specification.
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

// specifiedOperations returns the operations of the specification for which pass reports true, in order.
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

// A filter narrows the response, whatever its value.
func TestFilter_Narrows(t *testing.T) {
	kept := make(map[string]bool) // filters with a value that matches some rows
	var s *filterStage
	fresh := false // GET leaves the stage as it is
	for _, o := range specifiedOperations(t, hasFilters) {
		if !fresh {
			s = newFilterStage(t)
		}
		fresh = o.method == http.MethodGet
		for _, base := range endure.Part(s.bases(o), 2) {
			all := s.rows(o, base)
			for _, f := range o.filters() {
				if strings.Contains(base, "/"+f.Name+"=") {
					continue
				}
				var results [][]string
				for _, value := range s.values(f) {
					got := s.rows(o, base+"/"+f.Name+"="+value)
					if !isSubset(got, all) {
						t.Errorf("%s %s/%s=%s: got rows that the response without the filter does not have", o.method, base, f.Name, value)
					}
					kept[f.Name] = kept[f.Name] || len(got) > 0
					results = append(results, got)
				}
				checkRows(t, fmt.Sprintf("%s %s/%s", o.method, base, f.Name), f, s.values(f), results, all)
			}
		}
	}
	for _, o := range specifiedOperations(t, hasFilters) {
		for _, f := range o.filters() {
			if !kept[f.Name] {
				t.Errorf("%s: no value matches any row, want one that does", f.Name)
			}
		}
	}
}

// checkRows fails the test unless each value of a filter matches the right rows. These are a number of rows, the rows on one
// side of a bound, or the rows with the value. A revocation counts ended vouchers too, but does not return them.
func checkRows(t *testing.T, name string, f *openapi3.Parameter, values []string, results [][]string, all []string) {
	t.Helper()
	if isCount(f) {
		for i, value := range values {
			want, got := min(numberOf(value), int64(len(all))), int64(len(results[i]))
			if got > want || got < want && !strings.HasPrefix(name, http.MethodDelete) {
				t.Errorf("%s=%s: got %d rows of %d, want %d", name, value, len(results[i]), len(all), want)
			}
		}
		return
	}
	if len(all) > 0 && !slices.ContainsFunc(results, func(got []string) bool { return len(got) < len(all) }) {
		t.Errorf("%s: each value matches all %d rows, want a filter that narrows", name, len(all))
	}
	bound := nested(slices.All(results), len(all)) || nested(slices.Backward(results), len(all))
	switch {
	case isTime(f), isAmount(f) && bound:
		isPart := func(got []string) bool { return len(got) > 0 && len(got) < len(all) }
		if len(all) > 2 && !slices.ContainsFunc(results, isPart) {
			t.Errorf("%s: no value matches a part of %d rows, want one that does", name, len(all))
		}
		if !bound {
			t.Errorf("%s: of %d rows the values %v match %v, want from 0 to all rows, or back", name, len(all), values, lengths(results))
		}
	case !disjoint(results) && (isID(f) || !bound):
		t.Errorf("%s: of %d rows the values %v match %v, want each row for one value", name, len(all), values, lengths(results))
	}
}

// Two filters match the rows that both match. A number of rows counts the rows that the other filter matches.
func TestFilter_Pairs(t *testing.T) {
	s := newFilterStage(t)
	for _, o := range specifiedOperations(t, func(o operation) bool { return o.method == http.MethodGet && len(o.filters()) > 1 }) {
		for _, base := range endure.Part(s.bases(o), 2) {
			known := make(map[string][]string)
			alone := func(filter string) []string { // keeps the rows of one filter, because many pairs need them
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

// The sandbox refuses an invalid filter and revokes nothing. If it ignored the filter, it would revoke all vouchers.
func TestFilter_Invalid(t *testing.T) {
	s := newFilterStage(t)
	before := s.state()
	for _, o := range specifiedOperations(t, hasFilters) {
		for _, base := range endure.Part(s.bases(o), 2) {
			for _, f := range o.filters() {
				for _, value := range invalidValues(t, f) {
					if status, body := s.call(o.method, base+"/"+f.Name+"="+value); status != http.StatusBadRequest {
						t.Errorf("%s %s/%s=%s: got %d, want 400: %s", o.method, base, f.Name, value, status, body)
						break // the others fail alike
					}
				}
			}
		}
	}
	if after := s.state(); after != before {
		t.Errorf("a refused call has changed something: got %s, want %s", after, before)
	}
}

// Every operation refuses a filter that it does not have, and names it. It refuses a query too.
func TestFilter_Unknown(t *testing.T) {
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
		t.Errorf("a refused call has changed something: got %s, want %s", after, before)
	}
}

func isSubset(part, whole []string) bool { return len(intersection(part, whole)) == len(part) }

// intersection returns the rows that are in a and in b. Both are sorted, without duplicates.
func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(row string) bool { _, found := slices.BinarySearch(b, row); return !found })
}

// nested reports whether each response is a part of the next, the first is empty, and the last has all rows. A bound gives
// such responses if its values run from one end of its type to the other.
func nested(results iter.Seq2[int, []string], all int) bool {
	var before []string
	first := true
	for _, result := range results {
		if first && len(result) > 0 || !isSubset(before, result) {
			return false
		}
		before, first = result, false
	}
	return len(before) == all
}

// disjoint reports whether no row is in two of the responses.
func disjoint(results [][]string) bool {
	for i, a := range results {
		for _, b := range results[:i] {
			if len(intersection(a, b)) > 0 {
				return false
			}
		}
	}
	return true
}

func lengths(results [][]string) (all []int) {
	for _, a := range results {
		all = append(all, len(a))
	}
	return all
}
