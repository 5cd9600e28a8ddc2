package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/kvpath"
)

// input is a text or a number that a method takes: an argument, or a field of one.
type input struct {
	name   string // like "Vouchers.List filter.Code"
	method reflect.Value
	args   []reflect.Value // valid ones, the context apart
	at     int             // the index of the argument
	field  int             // the index of its field, -1 for the argument itself
}

func (in input) kind() reflect.Type {
	if in.field < 0 {
		return in.args[in.at].Type()
	}
	return in.args[in.at].Type().Field(in.field).Type
}

// call calls the method with a value in the input's place, and returns its error.
func (in input) call(ctx context.Context, value reflect.Value) error {
	args := append([]reflect.Value{reflect.ValueOf(ctx)}, in.args...)
	if in.field < 0 {
		args[1+in.at] = value
	} else {
		changed := reflect.New(in.args[in.at].Type()).Elem()
		changed.Set(in.args[in.at])
		changed.Field(in.field).Set(value)
		args[1+in.at] = changed
	}
	results := in.method.Call(args)
	last := results[len(results)-1]
	if last.Kind() == reflect.Func { // a sequence
		for _, failed := range last.Seq2() {
			last = failed
			break
		}
	}
	err, _ := last.Interface().(error)
	return err
}

// plain are valid arguments of each type that a method takes: those that filter, filter something.
var plain = []any{
	vingd.ObjectID(5), vingd.OrderID(7), vingd.PurchaseID(11), vingd.TransferID(13), vingd.HUID("a"), vingd.TokenID("a"), vingd.VoucherCode("A"),
	vingd.ObjectParams{Name: "a", URL: "https://a.test/"}, vingd.OrderParams{Price: 1, Context: "a"}, vingd.PurchaseParams{Buyer: "a", Price: 1},
	vingd.RewardParams{Amount: 1, Description: "a"}, vingd.UserParams{}, vingd.VoucherParams{Amount: 1, Message: "a"},
	now, // when a call was made that is reconciled
	vingd.ObjectFilter{}, vingd.OrderFilter{}, vingd.TransferFilter{From: 1}, vingd.VoucherFilter{From: 1}, vingd.HistoryFilter{},
}

// inputs returns every text and every number that a method of the client's services takes.
func inputs(t *testing.T, client *vingd.Client) (found []input) {
	valid := map[reflect.Type]reflect.Value{}
	for _, v := range plain {
		valid[reflect.TypeOf(v)] = reflect.ValueOf(v)
	}
	for service, value := range reflect.ValueOf(client).Elem().Fields() {
		if !service.IsExported() {
			continue
		}
		for method, bound := range value.Addr().Methods() {
			if bound.Type().NumIn() == 0 || bound.Type().In(0) != reflect.TypeFor[context.Context]() {
				continue
			}
			if service.Name+"."+method.Name == "Purchases.Commit" { // it takes a purchase, for two of its fields
				bound = reflect.ValueOf(func(ctx context.Context, id vingd.PurchaseID, transfer vingd.TransferID) error {
					return client.Purchases.Commit(ctx, &vingd.Purchase{ID: id, Transfer: transfer})
				})
			}
			in := input{method: bound}
			for i := 1; i < bound.Type().NumIn(); i++ {
				arg, ok := valid[bound.Type().In(i)]
				if !ok {
					t.Fatalf("add a valid %v to plain, because %s.%s takes one", bound.Type().In(i), service.Name, method.Name)
				}
				in.args = append(in.args, arg)
			}
			// ReconcileRevoke may refuse a filter by a number of rows or an amount: the log may not tell it.
			rowless := service.Name+"."+method.Name == "Vouchers.ReconcileRevoke"
			for at, arg := range in.args {
				in.at, in.field, in.name = at, -1, fmt.Sprintf("%s.%s %v", service.Name, method.Name, arg.Type())
				if arg.Type() == reflect.TypeFor[time.Time]() {
					continue
				}
				if arg.Kind() != reflect.Struct {
					found = append(found, in)
					continue
				}
				for i := range arg.NumField() {
					field := in
					field.field, field.name = i, in.name+"."+arg.Type().Field(i).Name
					switch kind := arg.Field(i).Kind(); kind {
					case reflect.String, reflect.Int64, reflect.Int:
						if rowless && (kind == reflect.Int || arg.Field(i).Type() == reflect.TypeFor[vingd.Cents]()) {
							continue
						}
						found = append(found, field)
					case reflect.Bool:
					default:
						if name := arg.Type().Field(i).Type.String(); name != "vingd.Time" && name != "map[string]string" && name != "[]vingd.Permission" {
							t.Fatalf("let inputs skip or vary a %s, because %s is one", name, field.name)
						}
					}
				}
			}
		}
	}
	return found
}

// Each argument has a valid value, and each type of texts has its rule. The tests below vary them.
func TestContract_InputsAreKnown(t *testing.T) {
	for _, in := range inputs(t, newBareClient(t, pipesAddress, &targets{})) {
		if in.kind().Kind() == reflect.String && isValid[in.kind()] == nil {
			t.Errorf("add the rule of %v to isValid, because %s is one", in.kind(), in.name)
		}
	}
}

// isValid tells what the contract says about the types of ids and filters.
var isValid = map[reflect.Type]func(string) bool{
	reflect.TypeFor[vingd.HUID]():          regexp.MustCompile(`^[0-9a-fA-F]{1,40}\z`).MatchString,
	reflect.TypeFor[vingd.TokenID]():       regexp.MustCompile(`^[0-9a-fA-F]{1,40}\z`).MatchString,
	reflect.TypeFor[vingd.GroupID]():       regexp.MustCompile(`^[-_A-Za-z0-9]{1,32}\z`).MatchString,
	reflect.TypeFor[vingd.VoucherCode]():   func(s string) bool { return s != "history" && voucherCode.MatchString(s) },
	reflect.TypeFor[vingd.VoucherAction](): regexp.MustCompile(`^(add|use|revoke|expire)\z`).MatchString,
	reflect.TypeFor[string]():              utf8.ValidString, // a text of a body
}

var voucherCode = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}\z`)

// targets notes what a client sends. A broker that responds "not found" is behind it.
type targets struct{ sent []string }

func (w *targets) RoundTrip(req *http.Request) (*http.Response, error) {
	w.sent = append(w.sent, req.Method+" "+req.URL.RequestURI())
	return reply(req, http.StatusNotFound, `{"message": "m", "context": "c"}`), nil
}

// marked returns what is sent with a marker in an input's place, and whether the marker is in it.
func marked(t *testing.T, in input, w *targets, marker string, value reflect.Value) (target string, inPath bool) {
	t.Helper()
	w.sent = nil
	if err := in.call(t.Context(), value); !errors.Is(err, vingd.ErrNotFound) || len(w.sent) != 1 {
		t.Fatalf("%s: sent %q with the valid %q, and the error is %v", in.name, w.sent, marker, err)
	}
	return w.sent[0], strings.Count(w.sent[0], marker) == 1
}

// firstBytes returns the first bytes that a run tries, of texts of two. Another run tries others.
func firstBytes() (all []byte) {
	step := endure.Rounds(7, 21)
	if endure.Whole() {
		step = 1
	}
	for first := rand.IntN(step); first < 256; first += step {
		all = append(all, byte(first))
	}
	return all
}

// Texts that are no valid value of what they are given for put nothing on the wire. A valid one puts one request
// there, for exactly what it names: every text of two bytes, and what has broken other clients.
func TestArguments_TextsOnTheWire(t *testing.T) {
	w := &targets{}
	client := newBareClient(t, pipesAddress, w)
	inPaths := 0
	for _, in := range inputs(t, client) {
		if in.kind().Kind() != reflect.String {
			continue
		}
		t.Run(in.name, func(t *testing.T) {
			valid, ok := isValid[in.kind()]
			if !ok {
				t.Fatalf("the test does not know which %v is valid", in.kind())
			}
			marker := "abc123"
			if in.kind() == reflect.TypeFor[vingd.VoucherAction]() {
				marker = "revoke"
			}
			arrived, value := 0, reflect.New(in.kind()).Elem()
			value.SetString(marker)
			target, inPath := marked(t, in, w, marker, value)
			try := func(text string) {
				if text == "" && in.field >= 0 {
					return // none
				}
				value.SetString(text)
				w.sent = w.sent[:0]
				err := in.call(t.Context(), value)
				want := target
				if inPath {
					want = strings.Replace(target, marker, text, 1)
				}
				ok := valid(text)
				if in.kind() == reflect.TypeFor[string]() && strings.Contains(in.name, ".Reconcile") {
					ok = !errors.Is(err, vingd.ErrInvalidArgument) // references have a test of their own
				}
				switch {
				case ok && (len(w.sent) != 1 || w.sent[0] != want || !errors.Is(err, vingd.ErrNotFound)):
					t.Errorf("%q: sent %q, and the error is %v; want one request, %q", text, w.sent, err, want)
				case ok:
					arrived++
				case len(w.sent) != 0 || !errors.Is(err, vingd.ErrInvalidArgument):
					t.Errorf("%q: sent %q, and the error is %v; want nothing sent", text, w.sent, err)
				}
			}
			for _, attack := range attacks {
				try(attack)
			}
			for _, length := range []int{1, 32, 33, 40, 41, 64, 65, 4096} {
				try(strings.Repeat("a", length))
			}
			if !inPath {
				return
			}
			inPaths++
			arrived = 0
			for _, first := range firstBytes() {
				for second := range 256 {
					try(string([]byte{first, byte(second)}))
				}
			}
			if !endure.Whole() {
				return
			}
			alphabet := map[string]int{"HUID": 22, "TokenID": 22, "VoucherAction": 0}
			if n, ok := alphabet[in.kind().Name()]; ok && arrived != n*n || !ok && arrived != 64*64 {
				t.Errorf("%d texts of two bytes arrived", arrived)
			}
		})
	}
	if inPaths < 15 {
		t.Errorf("%d texts are in paths, want the 15 that the contract has", inPaths)
	}
}

// The same for numbers: nothing below one is an id, and no sum of money or number of rows is below zero.
func TestContract_NumbersOnTheWire(t *testing.T) {
	w := &targets{}
	client := newBareClient(t, pipesAddress, w)
	inPaths := 0
	for _, in := range inputs(t, client) {
		if in.kind().Kind() == reflect.String {
			continue
		}
		value := reflect.New(in.kind()).Elem()
		const marker = 1234567
		value.SetInt(marker)
		target, inPath := marked(t, in, w, fmt.Sprint(marker), value)
		if inPath {
			inPaths++
		}
		isID := in.kind().Kind() == reflect.Int64 && in.kind() != reflect.TypeFor[vingd.Cents]()
		for _, n := range []int64{math.MinInt64, math.MinInt32, -1 << 53, -256, -10, -1, 0, 1, 9, 1 << 31, math.MaxUint32, 1<<53 + 1, math.MaxInt64} {
			if in.kind().OverflowInt(n) || n == 0 && in.field >= 0 {
				continue // none is 0 where it filters
			}
			value.SetInt(n)
			w.sent = w.sent[:0]
			err := in.call(t.Context(), value)
			want := target
			if inPath {
				want = strings.Replace(target, fmt.Sprint(marker), fmt.Sprint(n), 1)
			}
			if n > 0 || n == 0 && !isID {
				if len(w.sent) != 1 || w.sent[0] != want || !errors.Is(err, vingd.ErrNotFound) {
					t.Errorf("%s: %d: sent %q, and the error is %v; want one request, %q", in.name, n, w.sent, err, want)
				}
			} else if len(w.sent) != 0 || !errors.Is(err, vingd.ErrInvalidArgument) {
				t.Errorf("%s: %d: sent %q, and the error is %v; want nothing sent", in.name, n, w.sent, err)
			}
		}
	}
	if inPaths < 20 {
		t.Errorf("%d numbers are in paths, want more", inPaths)
	}
}

// hidesDots reports whether a path leads elsewhere for a server that takes escaped slashes for slashes.
func hidesDots(path string) bool {
	text, err := url.PathUnescape(path)
	return err != nil || regexp.MustCompile(`(^|[/\\])\.\.?($|[/\\])`).MatchString(text)
}

// A path by hand is refused or sent unchanged. A text that kvpath encodes stays one segment.
func TestRequest_Paths(t *testing.T) {
	w := &targets{}
	client := newBareClient(t, pipesAddress, w)
	byHand := func(path string) (target string, err error) {
		w.sent = w.sent[:0]
		_, err = client.Request(t.Context(), http.MethodDelete, path, nil)
		if errors.Is(err, vingd.ErrInvalidArgument) && len(w.sent) == 0 {
			return "", err
		}
		if len(w.sent) != 1 || w.sent[0] != "DELETE /broker/v1/"+strings.TrimPrefix(path, "/") || !errors.Is(err, vingd.ErrNotFound) {
			t.Errorf("%q: sent %q, and the error is %v", path, w.sent, err)
		}
		if hidesDots(path) {
			t.Errorf("%q is sent", path)
		}
		return path, nil
	}
	try := func(text string) {
		_, _ = byHand(text)
		_, _ = byHand("vouchers/" + text)
		for _, segment := range []kvpath.Segment{kvpath.Value(text), kvpath.Pair("gid", text), kvpath.Pair(text, "a")} {
			path, err := kvpath.Join("vouchers", segment)
			if err != nil {
				continue
			}
			if got, err := byHand(path); (err == nil) == hidesDots(path) || err == nil && strings.Count(got, "/") != 1 {
				t.Errorf("%+v is the path %q: %v", segment, path, err)
			}
			_, rest, _ := strings.Cut(path, "/")
			key, value, isPair := strings.Cut(rest, "=")
			if !isPair {
				key, value = "", rest
			}
			gotKey, errKey := url.PathUnescape(key)
			gotValue, errValue := url.PathUnescape(value)
			if gotKey != segment.Key || gotValue != segment.Value || errKey != nil || errValue != nil {
				t.Errorf("%+v is the path %q", segment, path)
			}
		}
	}
	for _, first := range firstBytes() {
		for second := range 256 {
			try(string([]byte{first, byte(second)}))
		}
	}
	for _, attack := range attacks {
		try(attack)
	}
}

// attacks are segments that lead, or have led, a path elsewhere.
var attacks = []string{
	"", ".", "..", "...", "/", "//", "a/", "/a", "a/b", "../a", "a/..", "./a", "a/.", "..a", "a..", "a//b",
	"%2e", "%2e%2e", "%2E%2E", ".%2e", "%2f", "a%2fb", "..%2f..%2f", "%252e%252e", "%00", "%0d%0a", "%", "%a", "%zz",
	"\\", "..\\", "a\\b", "%5c", "a?b", "?", "a#b", "#", "a;b", ";", "a=b", "=", "a&b", "a+b", "a b", " ", " a", "a ", "\ta",
	"a\x00", "\x00", "a\r\nX-Header: b", "a\n", "\n", "\r", "\x7f", "\x1b[2J", "é", "ａ", "１", "٣", "a\u202eb", "\u2025", "．．", "\u2215", "\ufeffa",
	"a\xff", "\xc0\xae\xc0\xae", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\u2024\u2024", "\uff0e\uff0e", "\uff0f", "\u0430", "\u0391", "\U0001d7d9", "\xc0\xaf", "history", "all", "first=1", "history/a", "http://elsewhere.example.com/", "@elsewhere.example.com", ":", "*", "~", "a'b", `a"b`, "<a>", "{huid}", "null", "-", "_", "0", "00", "-1", "-9223372036854775808", "9223372036854775808", "1.0", "1e9", "0x1f", "Infinity", "NaN",
}
