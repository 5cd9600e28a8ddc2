package vingd_test

import (
	"context"
	"crypto/sha1"
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"html"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// keySecret has letters that each way to escape changes.
const keySecret = `tajna <&>"\/+=%20~? kljuc`

// encodings are the ways in which proxies, frameworks and brokers repeat a value.
var encodings = []func(value string) string{
	func(v string) string { return v },
	strings.ToUpper,
	strings.ToLower,
	url.QueryEscape,
	url.PathEscape,
	strconv.Quote,
	func(v string) string { quoted, _ := json.Marshal(v); return string(quoted) },
	func(v string) string { return strings.ReplaceAll(strconv.Quote(v), "/", `\/`) },
}

// canary is something that must stand nowhere, in any of its forms.
type canary struct {
	what  string
	forms []string
}

func newCanary(what, value string) canary {
	quoted, _ := json.Marshal(value)
	goQuoted := strconv.Quote(value)
	forms := []string{
		value, strings.ToUpper(value), strings.ToLower(value), url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value),
		string(quoted[1 : len(quoted)-1]), goQuoted[1 : len(goQuoted)-1], strings.ReplaceAll(goQuoted[1:len(goQuoted)-1], "/", `\/`),
		hex.EncodeToString([]byte(value)), fmt.Sprintf("%X", value), fmt.Sprintf("% x", value), strings.Trim(fmt.Sprintf("%d", []byte(value)), "[]"),
	}
	for before := range 3 { // a text is encoded in groups of three: those that are the value's alone
		whole := value[(3-before)%3:]
		whole = whole[:len(whole)/3*3]
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(whole)), base64.URLEncoding.EncodeToString([]byte(whole)))
	}
	return canary{what, forms}
}

// canaries are what a login has to hide.
func canaries(user, password, secret string) []canary {
	digest := sha1.Sum([]byte(password))
	return []canary{
		newCanary("the password", password),
		newCanary("the digest of the password", string(digest[:])),
		newCanary("its form on the wire", secret),
		newCanary("the header", base64.StdEncoding.EncodeToString([]byte(user+":"+secret))),
	}
}

// assertNoSecrets fails the test if a canary is in a text.
func assertNoSecrets(t *testing.T, where, text string, canaries ...canary) {
	t.Helper()
	for _, c := range canaries {
		for _, form := range c.forms {
			if at := strings.Index(text, form); at >= 0 {
				t.Fatalf("%s: %s stands as %q in %q", where, c.what, form, text[max(at-80, 0):min(at+len(form)+80, len(text))])
			}
		}
	}
}

// printed returns a value by all verbs, as JSON and as text, alone and inside of others.
func printed(v any) string {
	pointer := reflect.New(reflect.TypeOf(v))
	pointer.Elem().Set(reflect.ValueOf(v))
	return printedIn(v, v, pointer.Interface(), struct{ V any }{v}, struct{ v any }{v}, []any{v}, map[string]any{"v": v})
}

func printedIn(v any, holders ...any) string {
	var b strings.Builder
	for _, holder := range holders {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t"} {
			fmt.Fprintf(&b, verb+"\n", holder)
		}
	}
	fmt.Fprintln(&b, v, fmt.Errorf("wrapped: %w, %v", asError(v), v))
	text, err := json.Marshal(struct{ V any }{v})
	fmt.Fprintln(&b, string(text), err)
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		fmt.Fprintln(&b, string(text), err)
	}
	func() {
		defer func() { fmt.Fprint(&b, recover()) }()
		panic(fmt.Sprintf("%+v", v))
	}()
	return b.String() + inLogs(v)
}

// inLogs returns a value as the handlers of log/slog write it.
func inLogs(v any) string {
	var b strings.Builder
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		log := slog.New(handler)
		log.Error("failed", "v", v)
		log.With("v", v).Error("failed", slog.Group("g", "v", v, slog.Any("w", v)))
		if err := asError(v); err != nil {
			log.Error(err.Error(), "err", fmt.Errorf("wrapped: %w", err))
		}
	}
	return b.String()
}

func asError(v any) error { err, _ := v.(error); return err }

// chain returns an error and all that it wraps, printed.
func chain(err error) string {
	text := printedIn(err, err, struct{ err error }{err})
	switch inner := err.(type) { //nolint:errorlint // all of the chain, link by link
	case interface{ Unwrap() error }:
		if next := inner.Unwrap(); next != nil {
			text += chain(next)
		}
	case interface{ Unwrap() []error }:
		for _, next := range inner.Unwrap() {
			text += chain(next)
		}
	}
	return text
}

// login is what a generated failure logs in with, and what must not show.
type login struct {
	credentials vingd.Credentials
	header      string
	echoes      []string // texts that a server may repeat
	hidden      []canary
}

func logins() []login {
	basic := func(user, secret string) string {
		return base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))
	}
	make := func(c vingd.Credentials, user, password, secret string) login {
		header := basic(user, secret)
		return login{c, "Basic " + header, []string{secret, header, "Basic " + header, user + ":" + secret}, canaries(user, password, secret)}
	}
	return []login{
		make(vingd.Password(username, password), username, password, secret),
		make(vingd.Key("shop+1", keySecret), "shop+1", keySecret, keySecret),
	}
}

// TestSecrets_InFailures makes failures of all kinds, in which the other side repeats secrets at any place and in any form. It
// looks for them in everything that the caller sees.
func TestSecrets_InFailures(t *testing.T) {
	many := endure.Rounds(1000, 400)
	if endure.Whole() {
		many = 10_000
	}
	all, each := logins(), eachCall()
	token := newCanary("the token", tid)
	kinds := map[string]int{}
	for seed := range uint64(many) {
		random := rand.New(rand.NewPCG(seed, 0))
		l, c := all[random.IntN(len(all))], each[random.IntN(len(each))]
		echo := l.echoes[random.IntN(len(l.echoes))]
		hidden := l.hidden
		if c.name == "Purchases.Verify" {
			hidden = append(hidden[:len(hidden):len(hidden)], token)
			if random.IntN(2) == 0 {
				echo = tid
			}
		}
		kind, rt := indiscretion(random, l, echo)
		kinds[kind]++
		client, err := vingd.New(l.credentials, vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{Transport: rt}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		if kind == "cancelled" {
			cancel(errors.New("the shop closes"))
		}
		_, err = c.do(ctx, client)
		cancel(nil)
		if err == nil {
			continue // a response that the call takes
		}
		assertNoSecrets(t, fmt.Sprintf("seed %d: %s, %s", seed, c.name, kind), chain(err), hidden...)
	}
	t.Logf("%v", kinds)
}

// indiscretion returns a transport that repeats something, by its kind.
func indiscretion(random *rand.Rand, l login, echo string) (kind string, rt http.RoundTripper) {
	said := encodings[random.IntN(len(encodings))](echo)
	text := strings.Repeat(".", random.IntN(100)) + said + strings.Repeat(".", random.IntN(100))
	long := text
	switch random.IntN(8) {
	case 0: // around where a page is cut
		long = strings.Repeat(".", max(4096-random.IntN(2*len(said)+10), 0)) + text
	case 1: // around where no more of it is looked at
		long = strings.Repeat(".", max(65536-random.IntN(2*len(said)+10), 0)) + text + text
	case 2: // so often that little else is left
		long = strings.Repeat(said, 1+70_000/len(said))
	}
	quoted, _ := json.Marshal(text)
	escaped, _ := json.Marshal(echo)
	status := []int{200, 201, 206, 301, 307, 400, 401, 403, 404, 409, 429, 500, 502, 503, 799}[random.IntN(15)]
	fail := func(err error) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Header.Get("Authorization") != l.header {
				return nil, errors.New("the header is another")
			}
			return nil, err
		})
	}
	answer := func(body string, tail ...io.Reader) http.RoundTripper {
		return roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := reply(req, status, "", "Location", "https://a:"+url.PathEscape(said)+"@elsewhere.example.com/", "X-Echo", said, "Retry-After", said)
			resp.Body = io.NopCloser(io.MultiReader(append([]io.Reader{strings.NewReader(body)}, tail...)...))
			return resp, nil
		})
	}
	switch random.IntN(12) {
	case 0:
		return "error of a transport", fail(errors.New(text))
	case 1:
		return "error with an address", fail(&url.Error{Op: "Get", URL: "https://u:" + url.PathEscape(said) + "@h/?" + said, Err: fmt.Errorf("proxy: %s: %w", text, syscall.ECONNREFUSED)})
	case 2:
		return "error of the network", fail(&net.OpError{Op: said, Net: "tcp", Err: fmt.Errorf("%s: %w", text, io.EOF)})
	case 3:
		return "errors joined", fail(errors.Join(io.ErrUnexpectedEOF, fmt.Errorf("header %q", echo), &net.DNSError{Err: text, Name: said}))
	case 4:
		return "cancelled", fail(errors.New(text))
	case 5:
		return "page", answer("<html>" + long + "</html>")
	case 6:
		return "page that breaks off", answer("<html>"+long, brokenPipe{})
	case 7:
		return "envelope of an error", answer(fmt.Sprintf(`{"context": %s, "message": %s}`, quoted, quoted))
	case 8:
		return "envelope of other types", answer(fmt.Sprintf(`{"context": [%q], "message": {%s: 1}}`, "c", escaped))
	case 9:
		return "batch of errors", answer(fmt.Sprintf(`{"data": {"oids": [], "ids": [], "errors": [{"code": %s, "desc": %s}]}}`, quoted, quoted))
	case 10:
		return "other data", answer(fmt.Sprintf(`{"data": {%s: %s}}`, quoted, quoted))
	default:
		return "JSON that breaks off", answer(fmt.Sprintf(`{"data": [{"message": %s`, quoted), failingReader{&net.OpError{Op: said, Err: errors.New(text)}})
	}
}

// A page may be full of a secret, and short after redaction. No half of the secret stays at its end.
func TestSecrets_CutByLimit(t *testing.T) {
	long := strings.Repeat("tajna-kljuca-", 20)
	client, err := vingd.New(vingd.Key("shop", long), vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusOK, "<"+strings.Repeat(long, 100_000/len(long))), nil
		})}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Accounts.Balance", "Rewards.Create", "Vouchers.List", "Vouchers.All"} {
		_, err := callNamed(name).do(t.Context(), client)
		var failed *vingd.Error
		if !errors.As(err, &failed) || !strings.HasPrefix(failed.Message, "<***") || strings.Trim(failed.Message, "<*") != "" {
			t.Errorf("%s: the error keeps %q", name, failed.Message)
		}
	}
}

// failingReader is a reader that fails in its own way.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// It prints each exported type, made by a client with a login, or standing in one.
func TestContract_TypesHideSecrets(t *testing.T) {
	for _, l := range logins() {
		var failures []error
		client, err := vingd.New(l.credentials, vingd.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusForbidden, `{"message": "as `+strings.Join(l.echoes[:2], ", ")+`", "context": "c"}`), nil
		})}))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range eachCall() {
			_, err := c.do(t.Context(), client)
			failures = append(failures, err)
		}
		_, refused := vingd.New(l.credentials, vingd.WithEndpoint("https://a:"+url.PathEscape(l.echoes[0])+"@localhost/"))
		_, unfit := vingd.New(vingd.Key("a", l.echoes[0]+"\n"))
		_, tooMany := client.Objects.List(t.Context(), vingd.ObjectFilter{First: 1, Last: 1})
		samples := map[string][]any{
			"Client":      {client, *client},
			"Credentials": {l.credentials},
			"Option": {vingd.WithHTTPClient(&http.Client{}), vingd.WithEndpoint("https://a:" + l.echoes[0] + "@localhost/"), vingd.WithUserAgent("shop"),
				[]vingd.Option{vingd.WithSandbox()}},
			"Error":           {errors.Join(failures...)},
			"ArgumentError":   {refused, unfit, tooMany},
			"AccountService":  {client.Accounts, &client.Accounts},
			"ObjectService":   {client.Objects, &client.Objects},
			"OrderService":    {client.Orders, &client.Orders},
			"PurchaseService": {client.Purchases, &client.Purchases},
			"RewardService":   {client.Rewards, &client.Rewards},
			"TransferService": {client.Transfers, &client.Transfers},
			"UserService":     {client.Users, &client.Users},
			"VoucherService":  {client.Vouchers, &client.Vouchers},
			"URLs":            {client.Orders.URLs(7), client.Vouchers.URLs(code)},
		}
		for name := range exportedTypes(t) {
			if _, ok := samples[name]; !ok && !holdsNothing[name] {
				t.Errorf("add %s to holdsNothing, or to the samples if it leads to a login", name)
			}
		}
		for name, values := range samples {
			for _, v := range values {
				text := printed(v)
				if err := asError(v); err != nil {
					text += chain(err)
				}
				assertNoSecrets(t, name, text, l.hidden...)
			}
		}
	}
}

// holdsNothing are the exported types that are made of numbers, texts and times of the caller's and the broker's.
var holdsNothing = map[string]bool{
	"Callback": true, "Cents": true, "GroupID": true, "HUID": true, "HistoryFilter": true, "LogEntry": true, "LogID": true, "Object": true,
	"ObjectFilter": true, "ObjectID": true, "ObjectParams": true, "Order": true, "OrderFilter": true, "OrderID": true, "OrderParams": true,
	"Outcome": true, "Permission": true, "Profile": true, "Purchase": true, "PurchaseID": true, "PurchaseParams": true, "RewardParams": true,
	"Time": true, "TokenID": true, "Transfer": true, "TransferClass": true, "TransferFilter": true, "TransferID": true, "UID": true,
	"UserParams": true, "Voucher": true, "VoucherAction": true, "VoucherCode": true, "VoucherFilter": true, "VoucherID": true, "VoucherParams": true, "VoucherState": true,
}

// exportedTypes returns the names of the package's exported types, by where they are declared.
func exportedTypes(t *testing.T) map[string]token.Pos {
	types := map[string]token.Pos{}
	for _, file := range facadeSource(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				types[spec.Name.Name] = spec.Pos()
			}
			return true
		})
	}
	if len(types) < 40 {
		t.Fatalf("there are %d exported types, want more than that", len(types))
	}
	return types
}

// A token is worth the purchase. It stays out of logs and errors, but fmt prints it.
func TestSecrets_InTokens(t *testing.T) {
	hidden := newCanary("the token", tid)
	callback, err := vingd.ParseCallback(&url.URL{RawQuery: url.Values{"oid": {"5"}, "tid": {tid}, "context": {"c"}}.Encode()})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{vingd.TokenID(tid), callback, &callback} {
		text := inLogs(v)
		assertNoSecrets(t, fmt.Sprintf("%T", v), text, hidden)
		if !strings.Contains(text, "***") {
			t.Errorf("%T is logged as %s", v, text)
		}
	}
	if text := inLogs(callback); !strings.Contains(text, "v.object=5 ") || !strings.Contains(text, "v.context=c") {
		t.Errorf("a callback is logged as %s", text)
	}
	for _, query := range []url.Values{
		{"oid": {"x"}, "tid": {tid}}, {"oid": {"5"}, "tid": {tid + "x"}}, {"oid": {"5"}, "tid": {tid, tid}}, {"oid": {"5"}, "tid": {" " + tid}},
	} {
		_, err := vingd.ParseCallback(&url.URL{RawQuery: query.Encode()})
		assertNoSecrets(t, fmt.Sprint(query), chain(err), hidden)
	}
	for _, text := range []string{`{"oid": "x", "tid": "` + tid + `"}`, `{"oid": "5", "tid": "` + tid + `x"}`, `{"oid": "5", "tid": "` + tid, `"` + tid + `"`} {
		_, err := vingd.ParseToken([]byte(text))
		assertNoSecrets(t, text, chain(err), hidden)
	}
	client := newClient(t, pipesAddress, nil)
	for _, bad := range []string{tid + "x", tid + "0", " " + tid, tid + "/.."} {
		_, err := client.Purchases.Verify(t.Context(), 5, vingd.TokenID(bad))
		assertNoSecrets(t, bad, chain(err), hidden)
	}
	_, err = client.Purchases.Verify(t.Context(), 0, tid)
	assertNoSecrets(t, "another argument", chain(err), hidden)
}

// A redirect does not carry the login to another host, and the error does not have its URL.
func TestSecrets_InRedirects(t *testing.T) {
	for _, l := range logins() {
		strayed := 0
		client, err := vingd.New(l.credentials, vingd.WithHTTPClient(&http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				if req.URL.Host != "api.vingd.com" {
					strayed++
				}
				return reply(req, http.StatusTemporaryRedirect, "", "Location", "https://"+url.PathEscape(l.echoes[3])+"@elsewhere.example.com/"), nil
			})}))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range eachCall() {
			_, err := c.do(t.Context(), client)
			assertNoSecrets(t, c.name, chain(err), l.hidden...)
		}
		if strayed != 0 {
			t.Errorf("%d requests strayed", strayed)
		}
	}
}

// The login comes out of the environment and stays out of the error.
func TestSecrets_InEnvironment(t *testing.T) {
	for _, name := range []string{"VINGD_USERNAME", "VINGD_PASSWORD", "VINGD_KEY", "VINGD_SECRET", "VINGD_ENDPOINT", "VINGD_FRONTEND"} {
		if value, ok := os.LookupEnv(name); ok {
			t.Setenv(name, value) // as it was, afterwards
		}
	}
	t.Setenv("VINGD_KEY", "shop+1")
	t.Setenv("VINGD_SECRET", keySecret)
	for _, endpoint := range []string{"https://shop+1:" + url.PathEscape(keySecret) + "@localhost", "::" + keySecret, "https://localhost/?" + url.QueryEscape(keySecret)} {
		t.Setenv("VINGD_ENDPOINT", endpoint)
		_, err := vingd.NewFromEnvironment()
		if err == nil {
			t.Errorf("%q is taken", endpoint)
			continue
		}
		assertNoSecrets(t, endpoint, chain(err), canaries("shop+1", keySecret, keySecret)...)
	}
}
