package sandbox_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/internal/endure"
)

// comparisons are those of a row's value with a filter's, as x-bound has them in the specification.
var comparisons = map[string]func(order int) bool{
	"<":  func(order int) bool { return order < 0 },
	"<=": func(order int) bool { return order <= 0 },
	"=":  func(order int) bool { return order == 0 },
	">=": func(order int) bool { return order >= 0 },
	">":  func(order int) bool { return order > 0 },
}

// A row at the edge of a filter matches or does not, by the x-bound of the specification. The test finds the field that the
// filter compares: the responses are those of one comparison with one field, for the values of all rows.
func TestFilter_Bounds(t *testing.T) {
	var s *filterStage
	fresh := false // GET leaves the stage as it is
	for _, o := range specifiedOperations(t, hasFilters) {
		if !fresh {
			s = newFilterStageAt(t, newClock().Now().Truncate(time.Second)) // a time in a path has whole seconds
		}
		fresh = o.method == http.MethodGet
		for _, base := range endure.Part(s.bases(o), 2) {
			all := s.fields(o, base)
			if len(all) == 0 && strings.Contains(o.path, "{") {
				continue // the path names a voucher that is not open
			}
			for _, f := range o.filters() {
				want, ok := f.Extensions["x-bound"].(string)
				if !ok || strings.Contains(base, "/"+f.Name+"=") {
					continue
				}
				fitting := s.fitting(o, base, f, all)
				if !slices.ContainsFunc(slices.Collect(maps.Values(fitting)), func(fit []string) bool { return slices.Equal(fit, []string{want}) }) {
					t.Errorf("%s %s/%s: the specification compares by %s. The sandbox compares these fields by: %v", o.method, base, f.Name, want, fitting)
				}
			}
		}
	}
}

// fitting returns the comparisons by which a filter may compare each field of the rows.
func (s *filterStage) fitting(o operation, base string, f *openapi3.Parameter, all map[string]map[string]any) map[string][]string {
	s.t.Helper()
	fitting := make(map[string][]string)
	values := make(map[string]any) // of the rows, and those a second or a cent above, by their form in a path
	for _, row := range all {
		for field, value := range row {
			if _, ok := value.(time.Time); ok != isTime(f) {
				continue
			}
			fitting[field] = slices.Sorted(maps.Keys(comparisons))
			switch value := value.(type) {
			case time.Time:
				for _, edge := range []time.Time{value.Truncate(time.Second), value.Truncate(time.Second).Add(time.Second)} {
					values[pathTime(edge)] = edge
				}
			case int64:
				for _, edge := range []int64{value, value + 1} {
					if least := f.Schema.Value.Min; least == nil || edge >= int64(*least) {
						values[fmt.Sprint(edge)] = edge
					}
				}
			}
		}
	}
	for text, value := range values {
		got := s.fields(o, base+"/"+f.Name+"="+text)
		for field, names := range fitting {
			fitting[field] = slices.DeleteFunc(names, func(name string) bool {
				for id, row := range all {
					order, ok := compare(row[field], value)
					if _, kept := got[id]; kept != (ok && comparisons[name](order)) {
						return true
					}
				}
				return false
			})
		}
	}
	maps.DeleteFunc(fitting, func(_ string, names []string) bool { return len(names) == 0 })
	return fitting
}

// compare compares two times or two numbers. A row may lack the value.
func compare(row, filter any) (order int, ok bool) {
	switch value := row.(type) {
	case time.Time:
		return value.Compare(filter.(time.Time)), true
	case int64:
		return cmp.Compare(value, filter.(int64)), true
	}
	return 0, false
}

// fields returns the times and the numbers of the rows of a response, by the rows. A revocation returns no rows, so these are
// those of the vouchers that it revokes.
func (s *filterStage) fields(o operation, path string) map[string]map[string]any {
	s.t.Helper()
	var rows []map[string]any
	if o.method == http.MethodDelete {
		revoked := s.revoked(path)
		for _, voucher := range s.list("vouchers") {
			if slices.Contains(revoked, fmt.Sprint(voucher["vid"])) {
				rows = append(rows, voucher)
			}
		}
	} else if status, result := s.call(o.method, path); status != http.StatusNotFound {
		switch data := decoded[any](s.t, o.method+" "+path, status, result).(type) {
		case []any:
			for _, row := range data {
				rows = append(rows, row.(map[string]any))
			}
		case map[string]any:
			rows = append(rows, data)
		}
	}
	fields := make(map[string]map[string]any)
	for _, row := range rows {
		values := make(map[string]any)
		for field, value := range row {
			switch value := value.(type) {
			case string:
				if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
					values[field] = at
				}
			case float64:
				values[field] = int64(value)
			}
		}
		fields[fmt.Sprint(row)] = values
	}
	return fields
}
