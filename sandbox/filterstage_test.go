package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A filterStage is a sandbox with so many rows that every filter matches some of them, but not all.
type filterStage struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	clock   *clock
	start   time.Time
	// found holds every value that a response has under a key, such as ids, codes, groups and times.
	found map[string]map[string]bool
	// vouchers maps each voucher code to the voucher's id. Codes are random, and differ from stage to stage.
	vouchers map[string]string
	// other is a stage for revocations. It is replaced after one that has revoked a voucher.
	other *filterStage
}

func newFilterStage(t *testing.T) *filterStage {
	t.Helper()
	return newFilterStageAt(t, newClock().Now())
}

// newFilterStageAt returns a stage whose clock starts at a time. All rows have its fraction of a second.
func newFilterStageAt(t *testing.T, start time.Time) *filterStage {
	t.Helper()
	c := &clock{now: start}
	s, err := sandbox.New(sandbox.Options{Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSandbox(t, s) })
	st := &filterStage{t: t, sandbox: s, clock: c, start: start}
	ann, err := s.AddBuyer("Ann", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for i, gid := range []any{nil, "g", "g", "h", nil, "h"} {
		st.post("registry/objects", map[string]any{"description": map[string]string{"name": "x", "url": "http://localhost/"}})
		object := st.list("registry/objects")[i]["oid"]
		order := st.post(fmt.Sprintf("objects/%v/orders", object), map[string]any{"price": 5, "order_expires": bodyTime(c.Now().Add(time.Hour)), "context": nil})
		if _, err := ann.Pay(vingd.OrderID(order["ids"].([]any)[0].(float64))); err != nil {
			t.Fatal(err)
		}
		until := bodyTime(c.Now().Add(time.Duration(6-i) * time.Hour)) // not in the order of their ids
		voucher := st.post("vouchers", map[string]any{"amount": 5 + i, "until": until, "message": "", "gid": gid})
		codes = append(codes, voucher["vid_encoded"].(string))
		c.Advance(time.Minute)
	}
	if _, err := ann.Redeem(vingd.VoucherCode(codes[1])); err != nil {
		t.Fatal(err)
	}
	if status, body := st.call("DELETE", "vouchers/"+codes[3]); status != http.StatusOK {
		t.Fatal(body)
	}
	c.Advance(55 * time.Minute) // the last voucher expires
	st.vouchers = make(map[string]string)
	for _, v := range st.list("vouchers") {
		st.vouchers[v["vid_encoded"].(string)] = fmt.Sprint(v["vid"])
	}
	return st
}

// call makes a call with a body for revocations, which other operations ignore. It returns the status and the response.
func (s *filterStage) call(method, path string) (status int, body string) {
	return s.send(method, path, `{"revoke": true}`)
}

func (s *filterStage) send(method, path, body string) (status int, result string) {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), method, "/broker/v1/"+path, strings.NewReader(body))
	request.SetBasicAuth(username, digest)
	recorder := httptest.NewRecorder()
	s.sandbox.Handler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

func (s *filterStage) post(path string, body any) map[string]any {
	s.t.Helper()
	written, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	status, result := s.send("POST", path, string(written))
	return decoded[map[string]any](s.t, "POST "+path, status, result)
}

func (s *filterStage) list(path string) []map[string]any {
	s.t.Helper()
	status, result := s.call("GET", path)
	return decoded[[]map[string]any](s.t, "GET "+path, status, result)
}

func decoded[T any](t *testing.T, call string, status int, result string) T {
	t.Helper()
	var envelope struct{ Data T }
	if err := json.Unmarshal([]byte(result), &envelope); err != nil || status != http.StatusOK {
		t.Fatalf("%s: got %d, want 200: %s", call, status, result)
	}
	return envelope.Data
}

// rows returns the rows of a response, sorted. They are the rows of a list, the one row of a single item unless it is not
// found, or the revoked vouchers. A revocation runs on another stage with the same vouchers.
func (s *filterStage) rows(o operation, path string) []string {
	s.t.Helper()
	if o.method == http.MethodDelete {
		return s.revoked(path)
	}
	status, result := s.call(o.method, path)
	if status == http.StatusNotFound && strings.Contains(o.path, "{") {
		return nil
	}
	var rows []string
	switch data := decoded[any](s.t, o.method+" "+path, status, result).(type) {
	case []any:
		for _, row := range data {
			rows = append(rows, fmt.Sprint(row))
		}
	default:
		rows = []string{fmt.Sprint(data)}
	}
	slices.Sort(rows)
	return rows
}

func (s *filterStage) revoked(path string) []string {
	s.t.Helper()
	if s.other == nil {
		s.other = newFilterStageAt(s.t, s.start)
	}
	for here, voucher := range s.vouchers {
		for there, same := range s.other.vouchers {
			if same == voucher {
				path = strings.ReplaceAll(path, here, there)
			}
		}
	}
	status, result := s.other.call("DELETE", path)
	refunds := decoded[map[string]any](s.t, "DELETE "+path, status, result)
	var rows []string
	for code := range refunds {
		rows = append(rows, s.other.vouchers[code])
	}
	if len(rows) > 0 {
		s.other = nil
	}
	slices.Sort(rows)
	return rows
}

// state returns everything that a call can change.
func (s *filterStage) state() string {
	state := ""
	for _, path := range []string{"registry/objects", "orders/all", "vouchers", "vouchers/history", "fort/accounts", "fort/transfers/from=4711"} {
		_, result := s.call("GET", path)
		state += result
	}
	return state
}

// paths returns an operation's path with the values of its parameters that occur in responses.
func (s *filterStage) paths(o operation) []string {
	all := []string{strings.Trim(o.path, "/")}
	for _, p := range o.Parameters {
		if p.Value.In != openapi3.ParameterInPath {
			continue
		}
		values := s.occurring(p.Value)
		if len(values) == 0 {
			values = []string{"1"}
		}
		var longer []string
		for _, path := range all {
			for _, value := range spread(values, 2) {
				longer = append(longer, strings.ReplaceAll(path, "{"+p.Value.Name+"}", value))
			}
		}
		all = longer
	}
	return all
}

// bases returns the paths to which the tests add filters. They have no filter or, if the sandbox refuses such a call, one
// with which it accepts the call.
func (s *filterStage) bases(o operation) (bases []string) {
	s.t.Helper()
	for _, path := range s.paths(o) {
		if o.method != http.MethodGet {
			bases = append(bases, path)
			continue
		}
		if status, _ := s.call(o.method, path); status != http.StatusBadRequest {
			bases = append(bases, path)
			continue
		}
		for _, f := range o.filters() {
			for _, value := range s.occurring(f) {
				if status, _ := s.call(o.method, path+"/"+f.Name+"="+value); status == http.StatusOK {
					bases = append(bases, path+"/"+f.Name+"="+value)
				}
			}
		}
	}
	if len(bases) == 0 {
		s.t.Fatalf("%s %s: no call is accepted", o.method, o.path)
	}
	return bases
}

// values returns values of a filter in order: the edges of its type, and the values that occur in responses.
func (s *filterStage) values(f *openapi3.Parameter) (values []string) {
	s.t.Helper()
	schema := f.Schema.Value
	switch {
	case isTime(f):
		return s.times()
	case schema.Type.Is(openapi3.TypeInteger):
		numbers := []int64{int64(*schema.Min), int64(*schema.Min) + 1, math.MaxInt32, math.MaxInt32 + 1, 1 << 53, math.MaxInt64 - 1, math.MaxInt64}
		for _, value := range s.occurring(f) {
			numbers = append(numbers, numberOf(value))
		}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			values = append(values, fmt.Sprint(n))
		}
		return values
	case len(schema.Enum) > 0:
		for _, value := range schema.Enum {
			values = append(values, fmt.Sprint(value))
		}
	default:
		least, most := lengthsOf(s.t, f)
		for _, letter := range []string{"a", "A", "0", "9", "-", "_", "Z"} {
			values = append(values, strings.Repeat(letter, least), strings.Repeat(letter, most))
		}
		values = append(values, s.occurring(f)...)
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// times returns times in order, from the first to the last possible one, in every form.
func (s *filterStage) times() []string {
	moments := []string{yearOne, "00010101T000001Z", "16770921T001243+0000", "18991231T235959-0330", "19700101T000000%2B0000"}
	for _, value := range s.occurring(nil) {
		at, err := time.Parse(time.RFC3339Nano, value)
		if err != nil {
			s.t.Fatal(err)
		}
		moments = append(moments, pathTime(at), pathTime(at.Add(time.Second)))
	}
	occurring := moments[5:]
	slices.Sort(occurring)
	return slices.Concat(moments[:5], spread(slices.Compact(occurring), 5), []string{"22620411T234717+0000", "99991231T235959-0000", "99991231T235959+0000"})
}

// middle returns up to three of the values that occur, or small numbers of rows.
func (s *filterStage) middle(f *openapi3.Parameter) []string {
	if isCount(f) {
		return []string{"1", "3"}
	}
	values := s.occurring(f)
	if isTime(f) {
		values = s.times()[5:]
	}
	if len(f.Schema.Value.Enum) > 0 {
		values = s.values(f)
	}
	return spread(values, endure.Rounds(3, 2))
}

// spread returns n of the values, from the first to the last, or all if there are fewer.
func spread(values []string, n int) (some []string) {
	if len(values) <= n {
		return values
	}
	for i := range n {
		some = append(some, values[i*(len(values)-1)/(n-1)])
	}
	return some
}

// occurring returns the values in responses that a filter can have, in order. If f is nil, it returns all times.
func (s *filterStage) occurring(f *openapi3.Parameter) []string {
	s.t.Helper()
	if s.found == nil {
		s.found = make(map[string]map[string]bool)
		for _, path := range []string{"registry/objects", "orders/all", "vouchers", "vouchers/history", "fort/transfers/from=4711", "fort/transfers/to=4711"} {
			for _, row := range s.list(path) {
				for key, value := range row {
					s.find(key, value)
				}
			}
		}
	}
	values := make(map[string]bool)
	for key, found := range s.found {
		if f == nil && timeKey.MatchString(key) || f != nil && (key == f.Name || key == "uid_"+f.Name || isAmount(f) && strings.HasPrefix(key, "amount")) {
			maps.Copy(values, found)
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// timeKey matches the keys of times in responses.
var timeKey = regexp.MustCompile("^ts_|^timestamp|expires$")

func (s *filterStage) find(key string, value any) {
	if value == nil {
		return
	}
	text := fmt.Sprint(value)
	if n, ok := value.(float64); ok {
		text = strconv.FormatInt(int64(n), 10)
	}
	if s.found[key] == nil {
		s.found[key] = make(map[string]bool)
	}
	s.found[key][text] = true
}

// invalidValues returns invalid values of a filter.
func invalidValues(t *testing.T, f *openapi3.Parameter) []string {
	t.Helper()
	values := []string{"", "%20", "%00", "%C4%8D", "%FF", "a%2Fb", "%D9%A3"}
	schema := f.Schema.Value
	switch {
	case isTime(f):
		values = append(values, "yesterday", "20260102", "20260230T000000+0000", "20260102T240000+0000", "20260102T006000+0000",
			"20260102T000060+0000", "00000101T000000+0000", "100000101T000000+0000", "00010101T000000%2B0001", "99991231T235959-0001",
			"20260102T030405+2400", "20260102T030405+0060", "1767323045", "0", "-1")
	case schema.Type.Is(openapi3.TypeInteger):
		values = append(values, fmt.Sprint(int64(*schema.Min)-1), "-1", "-9223372036854775808", "9223372036854775808", "18446744073709551617",
			"+1", "%2B1", "1.0", "1e3", "0x1", "1_0", "1,1", "x", "null")
	case len(schema.Enum) > 0:
		values = append(values, strings.ToUpper(fmt.Sprint(schema.Enum[0])), fmt.Sprint(schema.Enum[0])+"s", "0")
	default:
		_, most := lengthsOf(t, f)
		values = append(values, strings.Repeat("a", most+1), "a.b", "a:b", "*", "a%0A")
	}
	return values
}

// lengthsOf returns the shortest and the longest length of a text, from the end of its pattern.
func lengthsOf(t *testing.T, f *openapi3.Parameter) (least, most int) {
	t.Helper()
	if _, err := fmt.Sscanf(f.Schema.Value.Pattern[strings.LastIndex(f.Schema.Value.Pattern, "{"):], "{%d,%d}$", &least, &most); err != nil {
		t.Fatalf("%s: the pattern %s: must end with a length: %v", f.Name, f.Schema.Value.Pattern, err)
	}
	return least, most
}

func isTime(f *openapi3.Parameter) bool { return strings.HasSuffix(f.Schema.Ref, "Time") }

func isAmount(f *openapi3.Parameter) bool { return strings.HasSuffix(f.Schema.Ref, "/Cents") }

func isCount(f *openapi3.Parameter) bool { return strings.HasSuffix(f.Schema.Ref, "/Count") }

// isID reports whether a row has or has not a filter's value, as with an id, a name or an enum.
func isID(f *openapi3.Parameter) bool {
	return strings.HasSuffix(f.Schema.Ref, "ID") || f.Schema.Value.Type.Is(openapi3.TypeString)
}

func numberOf(value string) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}
