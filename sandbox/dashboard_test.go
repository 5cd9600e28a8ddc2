package sandbox_test

import (
	"context"
	"database/sql"
	"errors"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// Fixtures that are refused can be corrected on the page that says so. A browser ends each line of them with CRLF.
func TestDashboard_FixturesCorrected(t *testing.T) {
	w := newWorld(t)
	d := openDashboard(w)
	status, text := d.submit("do=fixtures&fixtures=" + url.QueryEscape("{\r\n  \"buyers\": [\r\n    {\"name\": \"Ann\", \"balance\": -5}]}"))
	shown := regexp.MustCompile(`(?s)<textarea[^>]*>(.*)</textarea>`).FindStringSubmatch(text)
	if status != http.StatusBadRequest || shown == nil {
		t.Fatalf("got %d:\n%s", status, text)
	}
	want := "{\n  \"buyers\": [\n    {\"name\": \"Ann\", \"balance\": -5}]}"
	typed := html.UnescapeString(shown[1])
	if typed != want {
		t.Errorf("got %q, want %q", typed, want)
	}
	corrected := strings.NewReplacer("-5", "5", "\n", "\r\n").Replace(typed)
	if status, text := d.submit("do=fixtures&fixtures=" + url.QueryEscape(corrected)); status != http.StatusOK {
		t.Errorf("got %d:\n%s", status, text)
	}
	if _, err := w.FindBuyer("Ann"); err != nil {
		t.Error(err)
	}
}

// The dashboard says in a sentence what is wrong with a form. The names of fields stay as they are.
func TestDashboard_Problems(t *testing.T) {
	d := openDashboard(newWorld(t))
	for fixtures, want := range map[string]string{
		`[]`: "Fixtures must be a JSON object in UTF-8.",
		`{"buyers": [{"name": "Ann", "balance": -5}]}`:          "buyers[0]: ",
		`{"vouchers": [{"amount": 1, "expires_in": "soon"}]}`:   `expires_in "soon": must be`,
		`{"vouchers": [{"amount": 1.5}]}`:                       "vouchers.amount: must be",
		"{\r\n\"buyers\": [}":                                   "Fixtures must be a JSON object, and is malformed at byte 14.",
		"{\"buyers\":\r\n":                                      "Fixtures must be a JSON object, and ends within it at byte 11.",
		`{} {}`:                                                 "Fixtures must be one JSON object, and nothing behind it.",
		`{"buyers": [` + strings.Repeat(" ", 200<<10) + `"x"]}`: "buyers: must be an object, and is a string.",
	} {
		status, text := d.submit("do=fixtures&fixtures=" + url.QueryEscape(fixtures))
		found := regexp.MustCompile(`role="alert">([^<]*)`).FindStringSubmatch(text)
		if status != http.StatusBadRequest || found == nil || !strings.HasPrefix(html.UnescapeString(found[1]), want) {
			t.Errorf("%.60s: got %d %q, want %s", fixtures, status, found, want)
		}
	}
	if status, text := d.submit("do=fixtures&fixtures=" + strings.Repeat("x", 257<<10)); status != http.StatusBadRequest || !strings.Contains(text, "longer than 262144 bytes") {
		t.Errorf("got %d:\n%s", status, text)
	}
}

// A dashboard without controls says why, and where they are. So does the refusal of a form.
func TestDashboard_ControlsElsewhere(t *testing.T) {
	const local = "The controls of this sandbox are for clients on its own machine, under a name of its own, and not through a proxy. For other clients, start it with --control-token."
	const token = "The controls of this sandbox need its token: use the calls under /-/ with the header Authorization: Bearer TOKEN."
	for name, test := range map[string]struct{ token, remote, host, want string }{
		"on the machine":           {"", "127.0.0.1:5000", "127.0.0.1", ""},
		"by its own address":       {"", "192.0.2.7:5000", "192.0.2.7", ""},
		"elsewhere":                {"", "192.0.2.1:5000", "192.0.2.7", local},
		"by another site's name":   {"", "192.0.2.7:5000", "evil.example", local},
		"with a token":             {"s3cret", "127.0.0.1:5000", "127.0.0.1", token},
		"elsewhere and with token": {"s3cret", "192.0.2.1:5000", "192.0.2.7", token},
	} {
		s, err := sandbox.New(sandbox.Options{ControlToken: test.token, Hosts: []string{"192.0.2.7"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			reached := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8443})
			request := httptest.NewRequestWithContext(reached, method, "http://"+test.host+":8443/", nil)
			request.RemoteAddr = test.remote
			result := httptest.NewRecorder()
			s.Handler().ServeHTTP(result, request)
			if text := result.Body.String(); test.want != "" && !strings.Contains(text, test.want) || test.want == "" && strings.Contains(text, "The controls of this") {
				t.Errorf("%s: %s: got %d %s", name, method, result.Code, text)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The scheme of the token may be in any case.
func TestControls_Token(t *testing.T) {
	s, err := sandbox.New(sandbox.Options{ControlToken: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]int{
		"Bearer s3cret": 200, "bearer s3cret": 200, "BEARER s3cret": 200,
		"": 403, "Bearer": 403, "Bearer ": 403, "Bearer S3cret": 403, "Bearer s3cret ": 403, "Basic s3cret": 403, "s3cret": 403, "Bearers3cret": 403,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:8443/-/clock", nil)
		request.Header.Set("Authorization", header)
		result := httptest.NewRecorder()
		s.Handler().ServeHTTP(result, request)
		if result.Code != want {
			t.Errorf("%q: got %d, want %d", header, result.Code, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The dashboard audits the books as often as asked, and forgets the calls. A fault lets the first requests pass.
func TestDashboard_AuditAndForget(t *testing.T) {
	w := newWorld(t)
	d := openDashboard(w)
	again := url.Values{"do": {"audit"}, "token": {d.token()}}
	for range 2 {
		if status, text := d.send(d.request("POST", again)); status != http.StatusOK || !strings.Contains(text, "The books are right.") {
			t.Errorf("got %d:\n%s", status, text)
		}
	}
	w.call("GET", "fort/accounts", nil).is(http.StatusOK)
	if status, text := d.submit("do=forget"); status != http.StatusOK || strings.Contains(text, "fort/accounts") {
		t.Errorf("got %d:\n%s", status, text)
	}
	if _, result := w.turn("GET", "calls", ""); strings.Contains(result, "fort/accounts") {
		t.Errorf("got %s", result)
	}
	if status, text := d.submit("do=fault&kind=hang+up&operation=&next=2&after=1"); status != http.StatusOK || !strings.Contains(text, "hang up (after 1, count 2)") {
		t.Errorf("got %d:\n%s", status, text)
	}
	for _, after := range []string{"x", "-1"} {
		if status, text := d.submit("do=fault&kind=hang+up&operation=&next=2&after=" + after); status != http.StatusBadRequest {
			t.Errorf("%s: got %d:\n%s", after, status, text)
		}
	}
}

// The dashboard says what is wrong with the books, and that they cannot be read.
func TestDashboard_AuditFails(t *testing.T) {
	data := filepath.Join(t.TempDir(), "shop.db")
	w := startWorld(t, newClock(), sandbox.Options{Data: data})
	defer closeServer(t, w.Server)
	w.voucher(5, nil)
	db, err := sql.Open("sqlite", "file:"+data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE vouchers SET amount = amount + 1")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	d := openDashboard(w)
	if status, text := d.submit("do=audit"); status != http.StatusInternalServerError || !strings.Contains(text, "The books are wrong: ") || !strings.Contains(text, "must move") {
		t.Errorf("got %d:\n%s", status, text)
	}
	form := url.Values{"do": {"audit"}, "token": {d.token()}}
	if runtime.GOOS == "windows" {
		return // it does not rename an open file
	}
	if err := os.Rename(data, data+".away"); err != nil {
		t.Fatal(err)
	}
	if status, text := d.send(d.request("POST", form)); status != http.StatusInternalServerError || !strings.Contains(text, "shop.db was replaced or renamed") {
		t.Errorf("got %d:\n%s", status, text)
	}
	if err := os.Rename(data+".away", data); err != nil {
		t.Fatal(err)
	}
}

// A form of the dashboard that was opened before a reset does nothing, and leads back.
func TestDashboard_OpenedBeforeReset(t *testing.T) {
	w := newWorld(t)
	d := openDashboard(w)
	form := url.Values{"do": {"deposit"}, "account": {"4711"}, "amount": {"1"}, "token": {d.token()}}
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	status, text := d.send(d.request("POST", form))
	if status != http.StatusGone || !strings.Contains(text, "Nothing was done now.") || strings.Contains(text, "gone") || !strings.Contains(text, `href="/">Open the page again`) {
		t.Errorf("got %d:\n%s", status, text)
	}
	w.holds(1000_00)
}
