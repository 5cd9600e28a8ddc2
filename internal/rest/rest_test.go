package rest_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/rest"
)

func TestPath(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", -12600))
	p := rest.NewPath("getThing", "/objects/{oid}/codes/{code}/")
	p.ID("oid", 5)
	p.Text("code", "LXKG-1", "^[-_A-Za-z0-9]{1,64}$")
	p.FilterID("from", 0)
	p.FilterID("to", 1<<63-1)
	p.FilterText("gid", "", "^[-_A-Za-z0-9]{1,32}$")
	p.FilterText("note", "a+b=c", "^[a-z+=]{1,9}$")
	p.FilterWord("action", "use", "add", "use")
	p.FilterTime("since", since)
	p.FilterTime("until", time.Time{})
	got, err := p.Request(http.MethodPut, map[string]int{"a": 1})
	want := "/objects/5/codes/LXKG-1/to=9223372036854775807/note=a%2Bb=c/action=use/since=20260102T030405-0330"
	if err != nil || got.Method != http.MethodPut || got.Path != want || string(got.Body) != `{"a":1}` {
		t.Errorf("the request is %+v, %v; want %s", got, err, want)
	}
}

func TestPath_WithoutFiltersKeepsItsSlash(t *testing.T) {
	p := rest.NewPath("getThing", "/objects/{oid}/orders/all/")
	p.ID("oid", 5)
	p.FilterID("from", 0)
	got, err := p.Request(http.MethodGet, nil)
	if err != nil || got.Path != "/objects/5/orders/all/" || got.Body != nil {
		t.Errorf("the request is %+v, %v", got, err)
	}
}

// A text that is one segment stays one: it names no other resource, and it is no filter.
func TestPath_TextStaysInItsSegment(t *testing.T) {
	for text, want := range map[string]string{
		".": "", "..": "", "...": "/a/...", "a/b": "/a/a%2Fb", "a=b": "/a/a%3Db", "%2F": "/a/%252F", "?": "/a/%3F", "a+b": "/a/a%2Bb", "": "",
	} {
		p := rest.NewPath("getThing", "/a/{text}")
		p.Text("text", text, "^[-./=%?+a-zA-Z0-9]{1,9}$")
		got, err := p.Request(http.MethodGet, nil)
		if got.Path != want || (err == nil) != (want != "") {
			t.Errorf("%q: the path is %q, %v; want %q", text, got.Path, err, want)
		}
	}
}

func TestPath_FirstErrorIsReturned(t *testing.T) {
	for want, write := range map[string]func(p *rest.Path){
		"oid must be 1 or more":                    func(p *rest.Path) { p.ID("oid", 0); p.FilterID("from", -1) },
		"from is -1, must be 1 or more":            func(p *rest.Path) { p.ID("oid", 1); p.FilterID("from", -1); p.FilterID("to", -2) },
		"action is \"x\", must be one of add, use": func(p *rest.Path) { p.FilterWord("action", "x", "add", "use") },
		"since is in the year 10000, must be between 1 and 9999": func(p *rest.Path) {
			p.FilterTime("since", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
		},
		"gid is \"\\n\", must be 1 to 32 letters, digits, dashes or underscores": func(p *rest.Path) {
			p.FilterText("gid", "\n", "^[-_A-Za-z0-9]{1,32}$")
		},
		"tid must be 1 to 40 hexadecimal digits": func(p *rest.Path) { p.Text("tid", "secret", "^[0-9a-fA-F]{1,40}$") },
	} {
		p := rest.NewPath("getThing", "/a/{oid}")
		write(p)
		got, err := p.Request(http.MethodGet, nil)
		var param *rest.ParamError
		if !errors.As(err, &param) || err.Error() != want || got.Path != "" {
			t.Errorf("the request is %+v, %v; want the error %q", got, err, want)
		}
	}
}

func FuzzCheckText(f *testing.F) {
	patterns := []string{
		"^[0-9a-fA-F]{1,40}$", "^[-_A-Za-z0-9]{1,32}$", "^[-_A-Za-z0-9]{1,64}$", "^[a-c]{2,3}$", "^[.z]{1,1}$", "^[a-zA-]{1,2}$",
	}
	for i, text := range []string{
		"", "a", "ab", "abcd", "G", "-", "_", "\x00", "č", strings.Repeat("f", 40), strings.Repeat("f", 41), strings.Repeat("-", 33), "z.", "A-", "a\n",
	} {
		for j := range patterns {
			f.Add(text, uint8(i+j))
		}
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		pattern := patterns[int(which)%len(patterns)]
		want := regexp.MustCompile(strings.TrimSuffix(pattern, "$") + `\z`).MatchString(text)
		if problem := rest.CheckText(text, pattern); (problem == "") != want {
			t.Errorf("%q against %s: %q, want it accepted: %v", text, pattern, problem, want)
		}
	})
}

func TestCheckText_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, pattern := range []string{"", "a", "^a$", "^[a]$", "^[a]+$", "^[a]{1}$", "^[a]{0,2}$", "^[a]{1,2}", "[a]{1,2}$", "^[a]{1,2}b$", "^[^a]{1,2}$"} {
		if rest.CheckText("a", pattern) == "" {
			t.Errorf("a text is accepted by %s", pattern)
		}
	}
}
