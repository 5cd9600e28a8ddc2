package vingd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// TestRecordings makes every recorded call of the official Python client through the facade. It compares the requests and the
// results with the recording. VINGD_WIRE_DIR names another directory to run instead. (Where it
// lies outside of the module, go test does not see that its files change: run it with -count=1.)
//
// A recording matches, or a rule tells why it cannot:
//   - Go's types have no place for its arguments;
//   - this package refuses on purpose a request of the original;
//   - the response that was made up for it is not in the contract.
//
// The rules are predicates over arguments and responses. The test checks them, and prints every use.
func TestRecordings(t *testing.T) {
	dir := "testdata/wire"
	if other := os.Getenv("VINGD_WIRE_DIR"); other != "" {
		dir = other
	}
	server := startWireServer(t)
	tally := newWireTally(dir)
	for _, file := range []string{"requests.json", "errors.json"} {
		for _, line := range readRecordings(t, filepath.Join(dir, file)) {
			var verdict wireVerdict // none where -run leaves the recording out
			ok := t.Run(line.id, func(t *testing.T) {
				if verdict = replay(t, server, line.raw); verdict.heading == "" {
					t.Error("the call could be made, and was not")
				}
			})
			tally.add(ok, verdict)
		}
	}
	t.Log(tally)
}

// recording is one call that the official client was recorded to make.
type recording struct {
	ID     string `json:"id"`
	Client string `json:"client"`
	Call   struct {
		Method string                     `json:"method"`
		Args   []json.RawMessage          `json:"args"`
		Kwargs map[string]json.RawMessage `json:"kwargs"`
		Config wireConfig                 `json:"config"`
	} `json:"call"`
	Clock    time.Time    `json:"clock"`
	Request  *wireRequest `json:"request"`  // in requests.json; null where nothing was sent
	Requests []string     `json:"requests"` // in errors.json; method and target of each
	Answer   *wireAnswer  `json:"response_given"`
	Result   struct {
		Value  json.RawMessage `json:"value"`
		Raised *wireRaised     `json:"raised"`
	} `json:"result_returned"`
}

type wireRequest struct {
	Method   string            `json:"method"`
	Target   string            `json:"target"`
	Headers  map[string]string `json:"headers"`
	BodyRaw  string            `json:"body_raw"`
	BodyJSON json.RawMessage   `json:"body_json"`
}

// wireRaised is an exception: one of the documented ones, or Python's own.
type wireRaised struct {
	wireWords
	Class string   `json:"class"`
	Bases []string `json:"bases"`
	Code  int      `json:"code"`
	Text  string   `json:"str"`
}

type recordingLine struct {
	id  string
	raw json.RawMessage
}

func readRecordings(t *testing.T, path string) (lines []recordingLine) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(content, &raws); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(raws) == 0 {
		t.Fatalf("%s holds no recordings", path)
	}
	for i, raw := range raws {
		var head struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil || head.ID == "" {
			t.Fatalf("%s: recording %d has no id", path, i+1)
		}
		lines = append(lines, recordingLine{head.ID, raw})
	}
	return lines
}

// newRecording refuses what this test does not know, so that nothing in a recording is passed over.
func newRecording(raw []byte) (*recording, error) {
	r := &recording{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(r)
	switch {
	case err != nil:
		return nil, err
	case r.Client != "python":
		return nil, fmt.Errorf("client %q: want python", r.Client)
	case r.Clock.IsZero():
		return nil, errors.New("no clock")
	case (r.Result.Value == nil) == (r.Result.Raised == nil):
		return nil, errors.New("want either a value or what was raised")
	case len(r.sent()) > 0 && r.Answer == nil:
		return nil, errors.New("no response was given to the request")
	case r.Answer != nil:
		return r, r.Answer.check()
	}
	return r, nil
}

// sent returns method and target of what the original sent.
func (r *recording) sent() []string {
	if r.Request != nil {
		return []string{r.Request.Method + " " + r.Request.Target}
	}
	return r.Requests
}

// refused reports whether the original refused the call itself, rather than failing to connect.
func (r *recording) refused() bool {
	return len(r.sent()) == 0 && r.Result.Raised != nil && !r.unconnected()
}

// unconnected reports whether the original never got through to a server.
func (r *recording) unconnected() bool {
	return len(r.sent()) == 0 && r.Result.Raised != nil && slices.Contains(r.Result.Raised.Bases, "builtins.OSError")
}

// replay makes a recorded call, checks it, and says under which heading it counts.
func replay(t *testing.T, server *wireServer, raw []byte) wireVerdict {
	t.Helper()
	r, err := newRecording(raw)
	if err != nil {
		t.Fatalf("not a recording that this test knows: %v", err)
	}
	method, ok := wireMethods[r.Call.Method]
	if !ok {
		t.Fatalf("not a method that this test knows: %s", r.Call.Method)
	}
	arguments, err := bindWireArguments(method.parameters, r.Call.Args, r.Call.Kwargs)
	if err != nil {
		t.Fatalf("%s: %v", r.Call.Method, err)
	}
	ways := method.ways(arguments)
	if arguments.inexpressible != "" {
		return wireVerdict{wireNotExpressible, arguments.inexpressible}
	}
	client, err := server.newClient(t, r)
	if refusal := r.Call.Config.refusal(); err != nil || refusal != "" {
		return r.checkRefused(t, "New", err, nil, refusal)
	}
	verdict := wireVerdict{}
	for _, way := range ways {
		if way.one && !r.answersOne() {
			continue
		}
		server.expect(r.Answer)
		got, err := way.do(t.Context(), client)
		sent := server.received()
		switch {
		case way.refuses != "":
			r.checkRefused(t, way.name, err, sent, way.refuses)
		case arguments.refusal != "" || r.refused():
			verdict = r.checkRefused(t, way.name, err, sent, arguments.refusal)
		default:
			r.checkSent(t, way.name, sent, err)
			verdict = r.checkResult(t, way.name, got, err)
		}
	}
	return verdict
}

// checkRefused checks that a call was refused before anything was sent, as by the original or for the given reason.
func (r *recording) checkRefused(t *testing.T, name string, err error, sent []wireReceived, reason string) wireVerdict {
	t.Helper()
	if !errors.Is(err, vingd.ErrInvalidArgument) || len(sent) > 0 {
		t.Errorf("%s sent %v and returned the error %v\n  want an ErrInvalidArgument and nothing sent (rule: %s)\n  the original: %s",
			name, sent, err, ruleName(reason), r.original())
	}
	if r.refused() {
		return wireVerdict{wireRefusedAlike, ""}
	}
	if reason == "" {
		t.Errorf("%s refuses, by no rule of this test: %v\n  the original: %s", name, err, r.original())
	}
	return wireVerdict{wireRefusedOnPurpose, reason}
}

func ruleName(reason string) string {
	if reason == "" {
		return "as the original"
	}
	return reason
}

// original describes what the original did.
func (r *recording) original() string {
	if raised := r.Result.Raised; raised != nil {
		return fmt.Sprintf("sent %q, raised %s %s", r.sent(), raised.Class, raised.Text)
	}
	return fmt.Sprintf("sent %q, returned %s", r.sent(), r.Result.Value)
}

// checkSent checks what went over the wire.
func (r *recording) checkSent(t *testing.T, name string, sent []wireReceived, err error) {
	t.Helper()
	var got []string
	for _, s := range sent {
		got = append(got, s.method+" "+s.target)
	}
	if !slices.Equal(got, r.sent()) {
		t.Errorf("%s sent     %q (and returned the error %v)\n  the original %q", name, got, err, r.sent())
		return
	}
	for _, s := range sent {
		if want := r.authorization(); s.authorization != want {
			t.Errorf("%s sent     Authorization: %s\n  the original Authorization: %s", name, s.authorization, want)
		}
		if r.Request != nil {
			r.checkBody(t, name, s.body)
		}
	}
}

// authorization returns the credentials that the original sent. errors.json does not tell: there it is what the
// original's source makes of its configuration.
func (r *recording) authorization() string {
	if r.Request != nil {
		return r.Request.Headers["Authorization"]
	}
	user, secret := r.Call.Config.login()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+secret))
}

func (r *recording) checkBody(t *testing.T, name string, body []byte) {
	t.Helper()
	if r.Request.BodyRaw == "" || len(body) == 0 {
		if string(body) != r.Request.BodyRaw {
			t.Errorf("%s sent     the body %q\n  the original %q", name, body, r.Request.BodyRaw)
		}
		return
	}
	got, err := decodeJSON(body)
	if err != nil {
		t.Errorf("%s sent a body that is no JSON: %v: %q", name, err, body)
	}
	want, err := decodeJSON(r.Request.BodyJSON)
	if err != nil {
		t.Fatalf("not a recording that this test knows: body_json: %v", err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s sent     %s\n  the original %s", name, body, r.Request.BodyJSON)
	}
}

// decodeJSON decodes one JSON value of any kind, its numbers as they are written.
func decodeJSON(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// The headings under which recordings count.
const (
	wireMatched          = "matched: the same request, the same result"
	wireRefusedAlike     = "matched: refused by both"
	wireNotExpressible   = "skipped: not expressible in typed Go"
	wireRefusedOnPurpose = "differs: refused on purpose where the original sends"
	wireOutsideContract  = "differs: the same request, but a response outside of the contract"
)

// wireVerdict is the heading under which a recording counts, and the rule by which it differs.
type wireVerdict struct{ heading, reason string }

// wireTally counts recordings, reason by reason.
type wireTally struct {
	dir     string
	passed  int
	failed  int
	heading map[string]map[string]int
}

func newWireTally(dir string) *wireTally {
	return &wireTally{dir: dir, heading: map[string]map[string]int{}}
}

func (w *wireTally) add(ok bool, v wireVerdict) {
	switch {
	case !ok:
		w.failed++
	case v.heading != "":
		w.passed++
		if w.heading[v.heading] == nil {
			w.heading[v.heading] = map[string]int{}
		}
		w.heading[v.heading][v.reason]++
	}
}

func (w *wireTally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d recordings in %s, %d of them failed\n", w.passed+w.failed, w.dir, w.failed)
	for _, heading := range []string{wireMatched, wireRefusedAlike, wireNotExpressible, wireRefusedOnPurpose, wireOutsideContract} {
		reasons, total := w.heading[heading], 0
		for _, n := range reasons {
			total += n
		}
		fmt.Fprintf(&b, "%5d %s\n", total, heading)
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			if reason != "" {
				fmt.Fprintf(&b, "%11d %s\n", reasons[reason], reason)
			}
		}
	}
	return b.String()
}
