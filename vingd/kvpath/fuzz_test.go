package kvpath_test

import (
	"bufio"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vingd/vingd-api-go/api"
	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/rest"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// awkward are texts that would lead elsewhere if they were not kept in their segment.
var awkward = []string{
	"", ".", "..", "/", "//", "../..", "a/b", `a\b`, "%", "%2F", "%2e%2e", "%zz", "?", "?a=b", "#", "#a", "=", "==", "a=b", "a=b/c=d",
	"+", "%2B", " ", "a b", "&", "a&b=c", ";", ":", "://", "@", "history", "all", "\x00", "\r\nHost: x", "čokolada", "\u2028", "\xff\xfe", "\xc0\xaf",
}

// Join keeps each text in its segment, and Split gives back what Join was given.
func FuzzJoinSplit(f *testing.F) {
	for i, text := range awkward {
		f.Add("vouchers", "LXKG-TBR-HQV", "gid", text, "first", "20")
		f.Add("/broker/v1/vouchers", text, "gid", "summer", "first", "20")
		f.Add("vouchers/history", "LXKG-TBR-HQV", text, awkward[len(awkward)-1-i], "from", text)
	}
	f.Fuzz(func(t *testing.T, base, value, key1, value1, key2, value2 string) {
		if strings.Contains(base, "=") {
			return // a base that holds pairs
		}
		pairs := []kvpath.Segment{kvpath.Pair(key1, value1), kvpath.Pair(key2, value2)}
		segments := append([]kvpath.Segment{kvpath.Value(value)}, pairs...)
		path, err := kvpath.Join(base, segments...)
		if refused := slices.ContainsFunc(segments, isElsewhere); (err != nil) != refused {
			t.Fatalf("Join(%q, %q) = %q, %v; want an error: %v", base, segments, path, err, refused)
		}
		if err != nil || key1 == "" || key2 == "" {
			return // with values alone behind the pairs, which Split refuses
		}
		if strings.Count(path, "/") != strings.Count(base, "/")+len(segments)-isEmpty(base) {
			t.Errorf("Join(%q, %q) = %q: a text left its segment", base, segments, path)
		}
		added := strings.TrimPrefix(path, base)
		if strings.ContainsAny(added, "?#+\\ \r\n\x00") || !isASCII(added) {
			t.Errorf("Join(%q, %q) = %q: not escaped", base, segments, path)
		}
		gotBase, gotPairs, err := kvpath.Split(path)
		if err != nil || !slices.Equal(gotPairs, pairs) {
			t.Errorf("Split(%q) = %q, %q, %v; want %q", path, gotBase, gotPairs, err, pairs)
		}
		wantBase, _ := kvpath.Join(base, segments[0])
		if gotBase != wantBase {
			t.Errorf("Split(%q) has the base %q, want %q", path, gotBase, wantBase)
		}
	})
}

// Join, the wire and ToQuery give a server the parameters that the client set, in their order.
func FuzzQuery(f *testing.F) {
	for i, text := range awkward {
		f.Add("/vouchers", "gid", text, "from", awkward[len(awkward)-1-i])
		f.Add("/vouchers/"+text, text, "a", "gid", "b")
		f.Add("/vouchers", text, text, text, text)
	}
	f.Add("/", "gid", "summer", "from", "1")
	f.Fuzz(func(t *testing.T, path, key1, value1, key2, value2 string) {
		if strings.Contains(path, "=") || key1 == "" || key2 == "" {
			return // a path that holds pairs, or a parameter without a name
		}
		base := strings.TrimSuffix((&url.URL{Path: "/" + strings.TrimPrefix(path, "/")}).EscapedPath(), "/")
		joined, err := kvpath.Join(base, kvpath.Pair(key1, value1), kvpath.Pair(key2, value2))
		if err != nil {
			t.Fatal(err)
		}
		moved := &url.URL{Path: unescaped(t, "/"+strings.TrimPrefix(joined, "/")), RawPath: "/" + strings.TrimPrefix(joined, "/")}
		got, err := kvpath.ToQuery(received(t, moved))
		if err != nil {
			t.Fatalf("ToQuery(%q): %v", moved, err)
		}
		query := url.QueryEscape(key1) + "=" + url.QueryEscape(value1) + "&" + url.QueryEscape(key2) + "=" + url.QueryEscape(value2)
		if got.RawQuery != query {
			t.Errorf("ToQuery(%q) = %q, want the query %q", moved, got, query)
		}
		if got.EscapedPath() != base {
			t.Errorf("ToQuery(%q) has the path %q, want %q", moved, got.EscapedPath(), base)
		}
	})
}

// A validator of the specification reads from the result of ToQuery the values that the client set.
func FuzzOpenAPIReadsTheSame(f *testing.F) {
	for _, text := range awkward {
		f.Add(text, text)
	}
	f.Add("20260102T030405+0000", "20260102T030405-0330")
	parameters := stringFilters(f)
	f.Fuzz(func(t *testing.T, first, second string) {
		for i, parameter := range parameters {
			other := parameters[(i+1)%len(parameters)]
			path, err := kvpath.Join("/vouchers", kvpath.Pair(parameter.Name, first), kvpath.Pair(other.Name, second))
			if err != nil {
				t.Fatal(err)
			}
			u, err := kvpath.ToQuery(received(t, &url.URL{Path: unescaped(t, path), RawPath: path}))
			if err != nil {
				t.Fatalf("ToQuery(%q): %v", path, err)
			}
			readsAs(t, u, parameter, first)
			readsAs(t, u, other, second)
		}
	})
}

// Generated requests reach a server, by the wire, with the filters that were set, or they are refused.
func FuzzGeneratedRequests(f *testing.F) {
	for i, text := range awkward {
		f.Add(int64(i), "LXKG-TBR-HQV", text, int64(1767323045), "use")
		f.Add(int64(-i), text, "group-1", int64(i), text)
	}
	word := regexp.MustCompile(`^[-_A-Za-z0-9]+$`)
	f.Fuzz(func(t *testing.T, number int64, code, gid string, second int64, action string) {
		since := time.Unix(second, 0).UTC()
		req, err := wire.GetVoucherHistory(code, wire.GetVoucherHistoryFilter{
			VID: number, Action: action, GID: gid, CreateAfter: since, Last: number,
		})
		valid := number >= 0 && word.MatchString(code) && len(code) <= 64 && (gid == "" || word.MatchString(gid) && len(gid) <= 32) &&
			(since.IsZero() || since.Year() > 0 && since.Year() <= 9999) &&
			slices.Contains([]string{"", "add", "use", "revoke", "expire"}, action)
		if (err == nil) != valid {
			t.Fatalf("the request of %d, %q, %q, %v, %q is %+v, %v; want it valid: %v", number, code, gid, since, action, req, err, valid)
		}
		if err != nil {
			return
		}
		got, err := kvpath.ToQuery(received(t, &url.URL{Path: unescaped(t, req.Path), RawPath: req.Path}))
		if err != nil {
			t.Fatalf("ToQuery(%q): %v", req.Path, err)
		}
		var want []string
		set := func(isSet bool, name, value string) {
			if isSet {
				want = append(want, name+"="+url.QueryEscape(value))
			}
		}
		set(number != 0, "vid", strconv.FormatInt(number, 10))
		set(action != "", "action", action)
		set(gid != "", "gid", gid)
		set(!since.IsZero(), "create_after", rest.FormatTime(since))
		set(number != 0, "last", strconv.FormatInt(number, 10))
		if got.RawQuery != strings.Join(want, "&") || got.Path != "/vouchers/history/"+code {
			t.Errorf("%q came as %q, want the filters %q", req.Path, got, want)
		}
	})
}

// isElsewhere tells whether a segment alone names another resource.
func isElsewhere(s kvpath.Segment) bool {
	return s.Key == "" && (s.Value == "" || s.Value == "." || s.Value == "..")
}

func isEmpty(s string) int {
	if s == "" {
		return 1
	}
	return 0
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > '~' })
}

func unescaped(t *testing.T, path string) string {
	t.Helper()
	text, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// received returns a URL as net/http's server reads it out of the request that net/http's client writes for it.
func received(t *testing.T, u *url.URL) *url.URL {
	t.Helper()
	var b strings.Builder
	req := &http.Request{Method: http.MethodGet, URL: u, Host: "localhost"}
	if err := req.Write(&b); err != nil {
		t.Fatalf("%q cannot be sent: %v", u, err)
	}
	read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(b.String())))
	if err != nil {
		t.Fatalf("%q cannot be received: %v", u, err)
	}
	return read.URL
}

// stringFilters returns the specification's filters that are strings.
func stringFilters(f *testing.F) (filters []*openapi3.Parameter) {
	f.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Parameters)) {
		parameter := doc.Components.Parameters[name].Value
		if parameter.In == openapi3.ParameterInQuery && parameter.Schema.Value.Type.Is(openapi3.TypeString) {
			filters = append(filters, parameter)
		}
	}
	if len(filters) < 2 {
		f.Fatalf("the specification has %d filters that are strings", len(filters))
	}
	return filters
}

// readsAs checks that kin-openapi decodes a parameter of u as want, and as nothing else.
func readsAs(t *testing.T, u *url.URL, parameter *openapi3.Parameter, want string) {
	t.Helper()
	input := &openapi3filter.RequestValidationInput{Request: &http.Request{Method: http.MethodGet, URL: u}}
	only := *parameter
	only.Schema = openapi3.NewStringSchema().WithEnum(want).NewRef()
	if err := openapi3filter.ValidateParameter(t.Context(), input, &only); err != nil {
		t.Errorf("%q: %s is not read as %q: %v", u, parameter.Name, want, err)
	}
	only.Required = true
	only.Schema = openapi3.NewStringSchema().WithEnum(want + "!").NewRef()
	if err := openapi3filter.ValidateParameter(t.Context(), input, &only); err == nil {
		t.Errorf("%q: %s is read as %q too", u, parameter.Name, want+"!")
	}
}
