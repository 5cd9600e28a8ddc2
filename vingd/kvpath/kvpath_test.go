package kvpath_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

func TestJoin(t *testing.T) {
	pair, value := kvpath.Pair, kvpath.Value
	for _, test := range []struct {
		want     string
		base     string
		segments []kvpath.Segment
	}{
		{"", "", nil},
		{"fort/accounts", "fort/accounts", nil},
		{"fort/accounts/5b7c1a", "fort/accounts", []kvpath.Segment{value("5b7c1a")}},
		{"registry/objects/5/since=20260304T050607%2B0000/until=20260506T070809%2B0200/first=20", "registry/objects", []kvpath.Segment{
			value("5"), pair("since", "20260304T050607+0000"), pair("until", "20260506T070809+0200"), pair("first", "20"),
		}},
		{"registry/objects/until=20260304T050607-0330", "registry/objects", []kvpath.Segment{pair("until", "20260304T050607-0330")}},
		{"registry/objects/since=20260304T050607%2B012230", "registry/objects", []kvpath.Segment{pair("since", "20260304T050607+012230")}},
		{"vouchers/AbCdEf-123_456/from=1/to=2/gid=group-1/valid_after=20260304T050607%2B0000/valid_before=20260506T070809%2B0200/last=10",
			"vouchers", []kvpath.Segment{
				value("AbCdEf-123_456"), pair("from", "1"), pair("to", "2"), pair("gid", "group-1"),
				pair("valid_after", "20260304T050607+0000"), pair("valid_before", "20260506T070809+0200"), pair("last", "10"),
			}},
		{"vouchers/history/LXKG-TBR-HQV/vid=1001/action=use", "vouchers/history", []kvpath.Segment{
			value("LXKG-TBR-HQV"), pair("vid", "1001"), pair("action", "use"),
		}},
		{"fort/transfers/from=4711/first=3", "fort/transfers", []kvpath.Segment{pair("from", "4711"), pair("first", "3")}},
		{"from=1/to=2", "", []kvpath.Segment{pair("from", "1"), pair("to", "2")}},
		{"vouchers/gid=%C4%8Dokolada", "vouchers", []kvpath.Segment{pair("gid", "čokolada")}},
		{"vouchers/gid=abc%0A", "vouchers", []kvpath.Segment{pair("gid", "abc\n")}},
		{"vouchers/gid=", "vouchers", []kvpath.Segment{pair("gid", "")}},
		{"vouchers/gid=a%2Fb%3Fc%23d%25e%20f%3B", "vouchers", []kvpath.Segment{pair("gid", "a/b?c#d%e f;")}},
		{"vouchers/g%3Di%2Fd=a=b", "vouchers", []kvpath.Segment{pair("g=i/d", "a=b")}},
		{"vouchers/gid=..", "vouchers", []kvpath.Segment{pair("gid", "..")}},
		{"id/users/username%3Dann", "id/users", []kvpath.Segment{value("username=ann")}},
		{"vouchers/%2E%2E/gid=%2e", "vouchers/%2E%2E/gid=%2e", nil}, // the base is taken as it is
	} {
		got, err := kvpath.Join(test.base, test.segments...)
		if err != nil || got != test.want {
			t.Errorf("Join(%q, %q) = %q, %v; want %q", test.base, test.segments, got, err, test.want)
		}
	}
}

// Each of these alone would name another resource: DELETE vouchers/ revokes everything.
func TestJoin_RefusesOtherResource(t *testing.T) {
	for _, value := range []string{"", ".", ".."} {
		if path, err := kvpath.Join("vouchers", kvpath.Value(value)); err == nil {
			t.Errorf("Join of the value %q = %q, want an error", value, path)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		path  string
		base  string
		pairs []kvpath.Segment
	}{
		{"", "", nil},
		{"vouchers", "vouchers", nil},
		{"vouchers/", "vouchers/", nil},
		{"vouchers/history", "vouchers/history", nil},
		{"vouchers/history/from=1", "vouchers/history", []kvpath.Segment{{"from", "1"}}},
		{"/broker/v1/vouchers/LXKG-TBR-HQV/from=1/gid=summer", "/broker/v1/vouchers/LXKG-TBR-HQV", []kvpath.Segment{{"from", "1"}, {"gid", "summer"}}},
		{"orders/all/7", "orders/all/7", nil},
		{"objects/since=20260102T030405+0000", "objects", []kvpath.Segment{{"since", "20260102T030405+0000"}}},   // a bare plus
		{"objects/since=20260102T030405%2B0000", "objects", []kvpath.Segment{{"since", "20260102T030405+0000"}}}, // an escaped one
		{"vouchers/from=1/", "vouchers", []kvpath.Segment{{"from", "1"}}},
		{"vouchers//from=1//to=2", "vouchers/", []kvpath.Segment{{"from", "1"}, {"to", "2"}}},
		{"vouchers/a%2Fb%3D/gid=", "vouchers/a%2Fb%3D", []kvpath.Segment{{"gid", ""}}},
		{"vouchers/gid=a=b", "vouchers", []kvpath.Segment{{"gid", "a=b"}}},
		{"vouchers/gid=a%2Fb/g%3Did=%00", "vouchers", []kvpath.Segment{{"gid", "a/b"}, {"g=id", "\x00"}}},
		{"from=1", "", []kvpath.Segment{{"from", "1"}}},
		{"id/users/username=ann", "id/users", []kvpath.Segment{{"username", "ann"}}},
	} {
		base, pairs, err := kvpath.Split(test.path)
		if err != nil || base != test.base || !slices.Equal(pairs, test.pairs) {
			t.Errorf("Split(%q) = %q, %q, %v; want %q, %q", test.path, base, pairs, err, test.base, test.pairs)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, path := range map[string]string{
		"a value behind a pair":        "vouchers/from=1/history",
		"a value between pairs":        "vouchers/from=1/LXKG/to=2",
		"a pair without a key":         "vouchers/=1",
		"a key that is escaped badly":  "vouchers/fr%om=1",
		"a value that is escaped half": "vouchers/from=%2",
	} {
		if base, pairs, err := kvpath.Split(path); err == nil {
			t.Errorf("%s: Split(%q) = %q, %q, want an error", name, path, base, pairs)
		}
	}
}

func TestToQuery(t *testing.T) {
	for _, test := range []struct{ from, want string }{
		{"/vouchers/", "/vouchers/"},
		{"/vouchers/history/LXKG-TBR-HQV", "/vouchers/history/LXKG-TBR-HQV"},
		{"/vouchers/history/from=1/since=2%2B3", "/vouchers/history?from=1&since=2%2B3"},
		{"/vouchers/since=2+3", "/vouchers?since=2%2B3"},
		{"/vouchers/a%2Fb/gid=a%26b%3Dc%20d", "/vouchers/a%2Fb?gid=a%26b%3Dc+d"},
		{"/vouchers/to=2?from=1", "/vouchers?from=1&to=2"},
	} {
		moved, err := kvpath.ToQuery(parse(t, test.from))
		if err != nil || moved.String() != test.want {
			t.Errorf("ToQuery(%q) = %v, %v; want %q", test.from, moved, err, test.want)
		}
	}
	if moved, err := kvpath.ToQuery(parse(t, "/vouchers/from=1/history")); err == nil {
		t.Errorf("ToQuery with a value behind a pair = %v, want an error", moved)
	}
}

func TestToQuery_DoesNotChangeItsArgument(t *testing.T) {
	given := parse(t, "/a%2Fb/to=2?from=1")
	if _, err := kvpath.ToQuery(given); err != nil {
		t.Error(err)
	}
	if given.String() != "/a%2Fb/to=2?from=1" {
		t.Errorf("the URL given became %v", given)
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
