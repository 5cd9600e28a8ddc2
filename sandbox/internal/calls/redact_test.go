package calls_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
)

const (
	secret = "5ec2e7a1"
	token  = "5ec2e7a15ec2e7a15ec2e7a15ec2e7a15ec2e7a1"
)

func TestRedact(t *testing.T) {
	for body, want := range map[string]string{
		``:                                      ``,
		`{}`:                                    `{}`,
		`{"a": [1, {"b": null}]} `:              `{"a": [1, {"b": null}]}`,
		`{"password": "5ec2e7a1"}`:              `{"password":"…"}`,
		`{"PassWord" : "5ec2e7a1"}`:             `{"PassWord":"…"}`,
		`{"p\u0061ssword": "5ec2e7a1", "x": 1}`: `{"p\u0061ssword":"…", "x": 1}`,
		`{"sellers": [{"username": "a", "password": "5ec2e7a1", "balance": 1}]}`:    `{"sellers": [{"username": "a", "password":"…", "balance": 1}]}`,
		`{"return":"http://x/?access_token=5ec2e7a1&a=1"}`:                          `{"return":"http://x/?access_token=…&a=1"}`,
		`{"oid":"5","tid":"5ec2e7a1"}`:                                              `{"oid":"5","tid":"…"}`,
		`{"return":"http://x/?oid=5&tid=5ec2e7a1&token=%7B5ec2e7a1%7D#a"}`:          `{"return":"http://x/?oid=5&tid=…&token=…#a"}`,
		`{"return": "http://x/?page=1\u0026tid\u003d5ec2e7a1\u0026token=5ec2e7a1"}`: `{"return": "http://x/?page=1&tid=…&token=…"}`,
		`{"a": 1, "password": "5ec2e7a1`:                                            `{"a": 1, "password"…`,
		`password=5ec2e7a1`:                                                         `…`,
		`{"a": 5ec2e7a1}`:                                                           `{"a"…`,
		`{"tid": ["5ec2e7a1"]}`:                                                     `{"tid":"…"}`,
	} {
		got := calls.Redact([]byte(body))
		if strings.Contains(got, secret) {
			t.Errorf("%s: the secret is in %s", body, got)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestRedactPath(t *testing.T) {
	for path, want := range map[string]string{
		"/sandbox/broker/v1/objects/5/tokens/5ec2e7a1":    "/sandbox/broker/v1/objects/5/tokens/…",
		"/broker/v1//objects/5/Tokens//5ec2e7a1/":         "/broker/v1//objects/5/Tokens//…/",
		"/broker/v1/objects/5%2Ftokens%2f5ec2e7a1%2F":     "/broker/v1/objects/5%2Ftokens%2f…",
		"/broker/v1/objects/5/token/" + token:             "/broker/v1/objects/5/token/…",
		"/broker/v1/objects/5/token%2F" + token + "/x":    "/broker/v1/objects/5/token%2F…/x",
		"/broker/v1/purchases/" + strings.ToUpper(token):  "/broker/v1/purchases/…",
		"/" + token + "," + token + "0":                   "/…,…",
		"/broker/v1/fort/accounts/" + token:               "/broker/v1/fort/accounts/" + token, // a huid
		"/broker/v1/vouchers/huid=" + token:               "/broker/v1/vouchers/huid=" + token,
		"/broker/v1/objects/5/tokens=5ec2e7a1":            "/broker/v1/objects/5/tokens=…",
		"/broker/v1/objects/5/tokens=" + token:            "/broker/v1/objects/5/tokens=…",
		"/broker/v1/objects/5/tokens%3D5ec2e7a1":          "/broker/v1/objects/5/tokens%3D…",
		"/broker/v1/access_token=" + token:                "/broker/v1/access_token=…",
		"/broker/v1/access_token=5ec2e7a1/x":              "/broker/v1/access_token=…",
		"/broker/v1/x/first=" + token:                     "/broker/v1/x/first=…",
		"/broker/v1/token/%35ec2%657a1" + token[8:]:       "/broker/v1/token/…",
		"/broker/v1/token/5%45%63" + token[3:] + "%2fx":   "/broker/v1/token/…%2fx",
		"/broker/v1/token/" + strings.Repeat("%61", 40):   "/broker/v1/token/…",
		"/broker/v1/x/tid=" + token:                       "/broker/v1/x/tid=…",
		"/broker/v1/vouchers/LXKG-TBR-HQV/first=1":        "/broker/v1/vouchers/LXKG-TBR-HQV/first=1",
		"/broker/v1/objects/5/tokens/5ec2e7a1/x=1/y=\xff": "/broker/v1/objects/5/tokens/…/x=1/y=�",
	} {
		if got := calls.RedactPath(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// A body lacks the long words that the redaction of the path or the query takes away. It keeps those that the path shows.
func TestRedact_Echo(t *testing.T) {
	for _, test := range []struct{ path, query, body, want string }{
		{"/objects/" + token + "/tokens/1", "", `{"m":"oid \"` + token + `\": must be 1"}`, `{"m":"oid \"…\": must be 1"}`},
		{"/objects/" + token + "/tokens/1", "", `{"m":"oid \"` + strings.ToUpper(token) + `\""}`, `{"m":"oid \"…\""}`},
		{"/objects/" + token + token + "/tokens/1", "", `{"m":"oid \"` + token + token[:8] + `…\""}`, `{"m":"oid \"……\""}`},
		{"/objects/%0A" + token, "", `{"m":"oid \"\\n` + token + `\""}`, `{"m":"oid \"\\n…\""}`},
		{"/objects/%35" + token[1:], "", `{"m":"\u0035` + token[1:] + `"}`, `{"m":"…"}`},
		{"/vouchers", "since=" + token, `{"m":"since ` + token + `", "n": 1}`, `{"m":"since …", "n": 1}`},
		{"/vouchers", "since=%35" + token[1:], `{"m":"since ` + token + `"}`, `{"m":"since …"}`},
		{"/tokens/5ec2e7a1", "", `{"m":["x5ec2e7a1y",{"5ec2e7a1":0}]}`, `{"m":["x…",{"…":0}]}`},
		{"/tokens/12345678", "", `{"id":12345678}`, `{"id":12345678}`},
		{"/tokens/number", "", `{"m":"a number"}`, `{"m":"a number"}`},
		{"/fort/accounts/" + token, "", `{"huid":"` + token + `"}`, `{"huid":"` + token + `"}`},
		{"/objects/5", "", `{"huid":"` + token + `"}`, `{"huid":"` + token + `"}`},
	} {
		if got := calls.Redact([]byte(test.body), test.path, test.query); got != test.want {
			t.Errorf("%s?%s: got %s, want %s", test.path, test.query, got, test.want)
		}
	}
}

// The cause of a failure lacks the path's tokens, too.
func TestLog_TokenInFailure(t *testing.T) {
	failure := errors.New("no rows for " + token)
	var logged strings.Builder
	log := calls.New(time.Now, slog.New(slog.NewTextHandler(&logged, nil)))
	for _, fail := range []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { calls.SetFailure(w, failure) },
		func(http.ResponseWriter, *http.Request) { panic(failure) },
	} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { log.Serve(w, r, fail) }))
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // it has the panic
		server.Start()
		response, err := server.Client().Get(server.URL + "/objects/" + token) //nolint:noctx // the server is the test's own
		if err == nil {
			err = response.Body.Close()
		}
		server.Close()
		last := log.Last(1)[0]
		if last.Failure != "no rows for …" || strings.Contains(logged.String(), token) {
			t.Errorf("got %+v, %v, logged\n%s", last, err, logged.String())
		}
	}
}

// A secret never gets through, wherever it is in a body and wherever the body breaks off.
func FuzzRedact(f *testing.F) {
	f.Add("a", 3, 100)
	f.Add(`"`, 30, 17)
	f.Fuzz(func(t *testing.T, text string, depth, cut int) {
		written, err := json.Marshal(text)
		if err != nil {
			t.Skip()
		}
		body := fmt.Sprintf(`{"x": %s, "password": %q, "y": [%s]}`, written, secret, written)
		for range min(max(depth, 0), 50) {
			body = fmt.Sprintf(`{"d": [%s]}`, body)
		}
		if strings.Contains(text, secret) {
			t.Skip()
		}
		body = body[:len(body)-min(max(cut, 0), len(body))]
		if got := calls.Redact([]byte(body)); strings.Contains(got, secret) {
			t.Errorf("%s: got %s", body, got)
		}
	})
}
