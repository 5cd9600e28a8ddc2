package vingd_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/vingd"
)

// wireExpectation is what a call must return.
type wireExpectation struct {
	value  any        // the result, in the shape of the original's
	some   bool       // any result is right, since the original has none to compare it with
	kind   error      // the sentinel of the error, nil where there must be none
	status int        // of the error
	words  *wireWords // of the error, nil where it does not matter
	reason string     // the rule by which it differs from what the original did, if it does
}

type wireWords struct {
	Context json.RawMessage `json:"context"`
	Message json.RawMessage `json:"message"`
}

// isNonJSON reports whether they are those of a response that is no JSON, the message being the response.
func (w *wireWords) isNonJSON() bool { return string(w.Context) == `"Non-JSON server response"` }

// isOriginals reports whether they are the original's own, for a response that is missing or invalid.
func (w *wireWords) isOriginals() bool {
	message := string(w.Message)
	return strings.HasPrefix(message, `"HTTP request failed!`) || strings.HasPrefix(message, `"Invalid server `)
}

// errAny stands for the sentinel of any [vingd.Error].
var errAny = errors.New("any error of the broker or of its response")

// checkResult checks what a call returned that sent the right request.
func (r *recording) checkResult(t *testing.T, name string, got any, err error) wireVerdict {
	t.Helper()
	want := r.expect(t)
	reason := want.reason
	switch {
	case want.kind != nil:
		r.checkError(t, name, got, err, &want)
	case err != nil:
		t.Errorf("%s returned the error %v\n  rule: %s\n  the original: %s", name, err, ruleName(reason), r.original())
	case !want.some:
		var c wireComparison
		c.compare("the result", got, want.value)
		for _, difference := range c.differences {
			t.Errorf("%s: %s\n  rule: %s\n  the original: %s", name, difference, ruleName(reason), r.original())
		}
		if reason == "" {
			reason = c.named
		}
	}
	if reason != "" {
		return wireVerdict{wireOutsideContract, reason}
	}
	return wireVerdict{wireMatched, ""}
}

func (r *recording) checkError(t *testing.T, name string, got any, err error, want *wireExpectation) {
	t.Helper()
	if err == nil {
		t.Errorf("%s returned %v and no error\n  want: %v (rule: %s)\n  the original: %s",
			name, got, want.kind, ruleName(want.reason), r.original())
		return
	}
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		t.Errorf("%s returned an error that is no *vingd.Error: %v\n  the original: %s", name, err, r.original())
		return
	}
	if !errors.Is(want.kind, errAny) && !errors.Is(err, want.kind) {
		t.Errorf("%s returned the error %v\n  want: %v (rule: %s)\n  the original: %s",
			name, err, want.kind, ruleName(want.reason), r.original())
	}
	if failed.Status != want.status {
		t.Errorf("%s returned an error of status %d: %v\n  want status %d", name, failed.Status, err, want.status)
	}
	var certificate *tls.CertificateVerificationError
	if r.unconnected() && !errors.As(err, &certificate) {
		t.Errorf("%s returned the error %v\n  want the certificate to be refused\n  the original: %s", name, err, r.original())
	}
	if want.words == nil {
		return
	}
	same := sameWords(failed.Context, want.words.Context) && sameWords(failed.Message, want.words.Message)
	switch {
	case want.words.isNonJSON():
		same = failed.Context == "" && sameContent(failed.Message, want.words.Message)
	case want.words.isOriginals():
		same = failed.Context == "" && failed.Message != "" && strings.Contains(err.Error(), failed.Message)
	}
	if !same {
		t.Errorf("%s returned the context %q and the message %q\n  the original     %s and %s",
			name, failed.Context, failed.Message, want.words.Context, want.words.Message)
	}
}

// sameWords reports whether a text of an error is the original's: null is the empty text, and anything else its JSON.
func sameWords(got string, raw json.RawMessage) bool {
	var want, value any
	if err := json.Unmarshal(raw, &want); err != nil {
		return false
	}
	switch want := want.(type) {
	case nil:
		return got == ""
	case string:
		return got == want
	}
	err := json.Unmarshal([]byte(got), &value)
	return err == nil && reflect.DeepEqual(value, want)
}

// sameContent reports whether the message is a response that is no JSON. Of a long one, the beginning is enough.
func sameContent(got string, raw json.RawMessage) bool {
	const enough = 4 << 10
	var want string
	if err := json.Unmarshal(raw, &want); err != nil {
		return false
	}
	if len(want) <= enough {
		return got == want
	}
	return got != "" && strings.HasPrefix(want, got)
}

// expect works out what a call must return: what the original did, or what a rule says instead.
func (r *recording) expect(t *testing.T) wireExpectation {
	t.Helper()
	raised := r.Result.Raised
	if r.unconnected() {
		return wireExpectation{kind: vingd.ErrInternal}
	}
	want := wireExpectation{}
	if r.Answer.arrives() {
		want.status = r.Answer.Status
	}
	switch {
	case raised == nil:
		value, err := decodeJSON(r.Result.Value)
		if err != nil {
			t.Fatalf("not a recording that this test knows: its value: %v", err)
		}
		want.value = value
		r.applyRules(&want)
	case strings.HasPrefix(raised.Class, "vingd."):
		want.kind, want.words = r.sentinel(t), &raised.wireWords
		r.applyRules(&want)
	case raised.Class == "builtins.UnicodeDecodeError" && isUTF8JSON(r.Answer.content()):
		want.reason = "raw UTF-8, which the original cannot read"
		r.readUTF8(&want)
	default:
		want.kind, want.reason = errAny, "a response over which the original crashes is an error"
	}
	return want
}

// sentinel returns the error that stands for a documented exception.
func (r *recording) sentinel(t *testing.T) error {
	t.Helper()
	raised := r.Result.Raised
	kind := map[string]error{
		"vingd.exceptions.InvalidData":      vingd.ErrInvalidData,
		"vingd.exceptions.Forbidden":        vingd.ErrForbidden,
		"vingd.exceptions.NotFound":         vingd.ErrNotFound,
		"vingd.exceptions.InternalError":    vingd.ErrInternal,
		"vingd.exceptions.GeneralException": vingd.ErrGeneral,
	}[raised.Class]
	if kind == nil {
		t.Fatalf("not an exception that this test knows: %s", raised.Class)
	}
	// Where the response itself is at fault, the code is a constant of the exception and says nothing of the status.
	if r.Answer.isWhole() && (raised.isNonJSON() || r.Answer.isFailure()) && raised.Code != r.Answer.Status {
		t.Fatalf("not a recording that this test knows: the code %d for the status %d", raised.Code, r.Answer.Status)
	}
	return kind
}

func (raised *wireRaised) isNonJSON() bool {
	return string(raised.Context) == `"Non-JSON server response"`
}

// isFailure reports whether the response is a failure in the broker's own words.
func (a *wireAnswer) isFailure() bool {
	fields := a.fields()
	_, hasMessage := fields["message"]
	_, hasContext := fields["context"]
	return !a.isSuccess() && hasMessage && hasContext
}

func (a *wireAnswer) isSuccess() bool { return 200 <= a.Status && a.Status < 300 }

// fields returns the members of a response that is a JSON object.
func (a *wireAnswer) fields() map[string]any {
	answer, _ := decodeJSON(a.content())
	fields, _ := answer.(map[string]any)
	return fields
}

// answersOne reports whether a call for one thing takes the response: one thing, or no data at all.
func (r *recording) answersOne() bool {
	if r.Answer == nil {
		return true
	}
	data, hasData := r.Answer.fields()["data"]
	_, isObject := data.(map[string]any)
	return isObject || !hasData
}

func isUTF8JSON(body []byte) bool { return utf8.Valid(body) && json.Valid(body) }

// readUTF8 works out what the original would have made of a response if it could read it.
func (r *recording) readUTF8(want *wireExpectation) {
	data, hasData := r.Answer.fields()["data"]
	switch {
	case r.Answer.isSuccess() && hasData:
		want.value = data
		switch r.Call.Method {
		case "create_voucher":
			want.value = map[string]any{"raw": data, "urls": r.Call.Config.voucherURLs(data)}
		case "create_object", "update_object", "create_order", "get_account_balance", "authorized_get_account_balance":
			want.some = true // it picks a number out of the response
		}
		r.applyRules(want)
	case r.Answer.isFailure():
		want.words = &wireWords{}
		_ = json.Unmarshal(r.Answer.content(), want.words) // it is JSON, and has both
		switch r.Answer.Status {
		case http.StatusBadRequest:
			want.kind = vingd.ErrInvalidData
		case http.StatusForbidden:
			want.kind = vingd.ErrForbidden
		case http.StatusNotFound:
			want.kind = vingd.ErrNotFound
		case http.StatusInternalServerError:
			want.kind = vingd.ErrInternal
		default:
			want.kind = vingd.ErrGeneral
		}
	default:
		want.kind = vingd.ErrInvalidData
	}
}

// applyRules changes what is expected where the original took a response that the contract does not have.
func (r *recording) applyRules(want *wireExpectation) {
	fail := func(kind error, reason string) {
		*want = wireExpectation{kind: kind, status: r.Answer.Status, reason: reason}
	}
	raised := r.Result.Raised
	nonJSON := raised != nil && raised.isNonJSON()
	data, hasData := r.Answer.fields()["data"]
	object, _ := data.(map[string]any)
	switch {
	case !r.Answer.isWhole():
	case nonJSON && json.Valid(r.Answer.content()):
		fail(vingd.ErrInvalidData, "a response that nests too deep for the original is JSON, and not the broker's")
	case nonJSON:
	case !json.Valid(r.Answer.content()):
		fail(vingd.ErrGeneral, "a response with NaN or Infinity is no JSON")
	case !r.Answer.isSuccess() || !hasData:
	case r.Answer.count("data") > 1:
		fail(vingd.ErrInvalidData, "a response with data given twice is an error")
	case wireShapes[r.Call.Method](data) != "":
		fail(vingd.ErrInvalidData, "a response with "+wireShapes[r.Call.Method](data)+" is an error")
	case r.Call.Method == "commit_purchase" && object["ok"] != true:
		fail(vingd.ErrGeneral, "a purchase that is not committed is an error")
	case r.Call.Method == "create_voucher" && want.kind == nil && !wireCode.MatchString(object["vid_encoded"].(string)):
		result, _ := want.value.(map[string]any)
		result["urls"] = r.Call.Config.voucherURLs(data)
		want.reason = "a voucher code of other characters is escaped in the addresses"
	}
}

// isWhole reports whether the response arrives as it was given.
func (a *wireAnswer) isWhole() bool { return a.arrives() && a.Mode != "truncate" }

// count counts the members of this name in a response that is a JSON object.
func (a *wireAnswer) count(name string) (n int) {
	d := json.NewDecoder(strings.NewReader(string(a.content())))
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return n
		}
		if key == name {
			n++
		}
	}
	return n
}

// voucherURLs returns the addresses of a voucher, with its code as one segment whatever it holds.
func (c *wireConfig) voucherURLs(voucher any) map[string]any {
	fields, _ := voucher.(map[string]any)
	code, _ := fields["vid_encoded"].(string)
	frontend := vingd.ProductionFrontend
	if u, err := url.Parse(c.Frontend); err == nil && u.Host != "" {
		frontend = u.Scheme + "://" + u.Host
	}
	return map[string]any{
		"redirect": frontend + "/vouchers/" + url.PathEscape(code),
		"popup":    frontend + "/popup/vouchers/" + url.PathEscape(code),
	}
}
