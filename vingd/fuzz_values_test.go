package vingd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
	"github.com/vingd/vingd-api-go/vingd"
)

// A time that was sent is read as the same moment: to the microsecond from a body, to the second from a path.
func FuzzTimesComeBack(f *testing.F) {
	f.Add(int64(1767323045), int64(678901000), 0)
	f.Add(int64(1767323045), int64(999), -(3*3600 + 30*60))
	f.Add(int64(1767323045), int64(999999999), 5*3600+45*60+30)
	f.Add(int64(-1), int64(1), 86399)
	f.Add(int64(1767323045), int64(0), 25*3600)
	f.Add(int64(-62135596800), int64(0), -86399)
	f.Add(int64(253402300799), int64(999999999), 1)
	f.Fuzz(func(t *testing.T, second, nanosecond int64, offset int) {
		at := time.Unix(second%253402300800, nanosecond%1e9).In(time.FixedZone("", offset%(4*86400)))
		if rest.CheckTime(at) != "" {
			return
		}
		if offset%(4*86400) == -1 {
			return // time.Parse takes an offset of -1 second for none
		}
		body := rest.FormatBodyTime(at)
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?[-+]([01]\d|2[0-3]):\d\d(:\d\d)?$`).MatchString(body) || strings.Contains(body, ".000000") {
			t.Errorf("%v goes into bodies as %q", at, body)
		}
		if got, ok := jsonread.ParseTime([]byte(body)); !ok || !got.Equal(at.Truncate(time.Microsecond)) {
			t.Errorf("%v goes into bodies as %q, and comes back as %v, %v", at, body, got, ok)
		}
		path := rest.FormatTime(at)
		if !regexp.MustCompile(`^\d{5,8}T\d{6}[-+]([01]\d|2[0-3])\d\d(\d\d)?$`).MatchString(path) || path[0] == '0' {
			t.Errorf("%v goes into paths as %q", at, path)
		}
		date, rest, _ := strings.Cut(path, "T")
		padded := fmt.Sprintf("%08s", date) + "T" + rest // years below 1000 have no leading zeros there
		if got, ok := jsonread.ParseTime([]byte(padded)); !ok || !got.Equal(at.Truncate(time.Second)) {
			t.Errorf("%v goes into paths as %q, and comes back as %v, %v", at, path, got, ok)
		}
	})
}

func FuzzParseCallback(f *testing.F) {
	for _, query := range []string{
		"", "a=b", "oid=5&tid=3fdac0f6", "oid=5&tid=3fdac0f6&context=a%20b", "tid=AB&oid=1", "oid=5", "tid=ab", "oid=&tid=",
		"oid=05&tid=ab", "oid=+5&tid=ab", "oid=%2B5&tid=ab", "oid=-5&tid=ab", "oid=0&tid=ab", "oid=5.0&tid=ab", "oid=9223372036854775807&tid=ab",
		"oid=9223372036854775808&tid=ab", "oid=5&oid=6&tid=ab", "oid=5&tid=ab&tid=ab", "oid=5&tid=ab&context=a&context=b", "oid=5&tid=xyz",
		"oid=5&tid=" + strings.Repeat("a", 40), "oid=5&tid=" + strings.Repeat("a", 41), "oid=5&tid=../..", "oid=5&tid=ab%00", "oid=5;tid=ab", "OID=5&TID=ab",
		"oid=%zz&tid=ab", "oid=5&tid=ab&%zz", "oid=\u0665&tid=ab",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		query, _ := url.ParseQuery(raw)
		got, err := vingd.ParseCallback(&url.URL{RawQuery: raw})
		checkCallback(t, raw, got, err)
		if isVisit := !query.Has("oid") && !query.Has("tid"); isVisit != errors.Is(err, vingd.ErrNoCallback) {
			t.Errorf("%q: %v", raw, err)
		}
		fits := len(query["oid"]) == 1 && len(query["tid"]) == 1 && len(query["context"]) <= 1 &&
			isCallback(query.Get("oid"), query.Get("tid"))
		if fits != (err == nil) {
			t.Errorf("%q is accepted: %v (%v)", raw, err == nil, err)
		}
		if err == nil && (string(got.Token) != query.Get("tid") || got.Context != query.Get("context")) {
			t.Errorf("%q is read as %+v", raw, got)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	for _, token := range []string{
		``, `{}`, `null`, `{"oid": "5", "tid": "3fdac0f6"}`, `{"oid": 5, "tid": "3fdac0f6"}`, `{"oid": "5", "tid": "AB", "context": "a\u0000b"}`,
		`{"oid": "5", "tid": "ab", "context": null}`, `{"oid": "5", "tid": "ab", "context": 5}`, `{"oid": 5.9, "tid": "ab"}`, `{"oid": 5e0, "tid": "ab"}`,
		`{"oid": -0, "tid": "ab"}`, `{"oid": "05", "tid": "ab"}`, `{"oid": "+5", "tid": "ab"}`, `{"oid": null, "tid": "ab"}`, `{"oid": ["5"], "tid": "ab"}`,
		`{"oid": "5", "oid": "6", "tid": "ab"}`, `{"oid": "5", "\u006fid": "6", "tid": "ab"}`, `{"oid": "5", "tid": "ab", "x": [{}], "y": 1.5e3}`,
		`{"oid": "5", "tid": "ab", "x": 1, "x": 2}`, `{"oid": "5", "tid": 12}`, `{"oid": "5", "tid": "ab"} {}`, `[{"oid": "5", "tid": "ab"}]`,
		`{"oid": "9223372036854775808", "tid": "ab"}`, `{"oid": "5", "tid": "ab", "c": "` + strings.Repeat("x", 5000) + `"}`, "{\"oid\": \"5\", \"tid\": \"ab\", \"c\": \"\xff\"}",
	} {
		f.Add([]byte(token))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		got, err := vingd.ParseToken(token)
		checkCallback(t, string(token), got, err)
		if err != nil {
			return
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(token, &fields); err != nil {
			t.Fatalf("%q is accepted as a token, and is no object: %v", token, err)
		}
		if oid := strings.Trim(string(fields["oid"]), `"`); !strings.Contains(oid, `\`) && oid != strconv.FormatInt(int64(got.Object), 10) {
			t.Errorf("%q is read as %+v", token, got)
		}
		var tid string
		if err := json.Unmarshal(fields["tid"], &tid); err != nil || tid != string(got.Token) {
			t.Errorf("%q is read as %+v", token, got)
		}
	})
}

// A callback comes back as it was sent, by a query and by a token.
func FuzzCallbacksComeBack(f *testing.F) {
	f.Add(int64(5), "3fdac0f6b5ab4aab9e6e2e3e4b3f2e1d0c9b8a79", "optional purchase details")
	f.Add(int64(math.MaxInt64), "A", "a&b=c+d%20\x00č\"\\")
	f.Add(int64(0), "", "")
	f.Add(int64(-5), "xyz", "\xff")
	f.Fuzz(func(t *testing.T, oid int64, tid, context string) {
		number := strconv.FormatInt(oid, 10)
		want := vingd.Callback{Object: vingd.ObjectID(oid), Token: vingd.TokenID(tid), Context: context}
		got, err := vingd.ParseCallback(&url.URL{RawQuery: url.Values{"oid": {number}, "tid": {tid}, "context": {context}}.Encode()})
		if accepted := isCallback(number, tid); accepted != (err == nil) || accepted && got != want {
			t.Errorf("%+v comes back by a query as %+v, %v", want, got, err)
		}
		token, err := json.Marshal(map[string]string{"oid": number, "tid": tid, "context": context})
		if err != nil {
			t.Fatal(err)
		}
		want.Context = strings.Map(func(c rune) rune { return c }, context) // as JSON carries it
		got, err = vingd.ParseToken(token)
		accepted := isCallback(number, tid) && len(token) <= 4096
		if accepted != (err == nil) || accepted && got != want {
			t.Errorf("%+v comes back by a token as %+v, %v", want, got, err)
		}
	})
}

// checkCallback checks that what was read is a callback or nothing, and that an error is one of the two there are.
func checkCallback(t *testing.T, given string, got vingd.Callback, err error) {
	t.Helper()
	switch {
	case err == nil && !isCallback(strconv.FormatInt(int64(got.Object), 10), string(got.Token)):
		t.Errorf("%q is read as %+v", given, got)
	case err != nil && got != vingd.Callback{}:
		t.Errorf("%q is refused, and still read as %+v", given, got)
	case err != nil && errors.Is(err, vingd.ErrNoCallback) == errors.Is(err, vingd.ErrInvalidArgument):
		t.Errorf("%q: %v, which is neither of the two errors", given, err)
	case err != nil && (strings.ContainsAny(err.Error(), "\r\n\x00") || len(err.Error()) > 1024):
		t.Errorf("%q: the error is not a line: %q", given, err)
	}
}

var (
	objectPattern = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	tokenPattern  = regexp.MustCompile(`^[0-9a-fA-F]{1,40}$`)
)

// isCallback tells whether two texts are the numbers of an object and a token as the contract writes them.
func isCallback(oid, tid string) bool {
	_, err := strconv.ParseInt(oid, 10, 64)
	return err == nil && objectPattern.MatchString(oid) && tokenPattern.MatchString(tid)
}

func FuzzCents(f *testing.F) {
	for _, cents := range []int64{0, 1, -1, 5, -5, 9, 10, 99, -99, 100, 101, -100, 200, 12345, math.MaxInt64, math.MinInt64} {
		f.Add(cents)
	}
	f.Fuzz(func(t *testing.T, cents int64) {
		if got, want := vingd.Cents(cents).String(), big.NewRat(cents, 100).FloatString(2); got != want {
			t.Errorf("Cents(%d) is %q, want %q", cents, got, want)
		}
	})
}
