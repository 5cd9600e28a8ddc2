package vingdtest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// respondWith returns a broker that sends one response.
func respondWith(status int, contentType string, body io.Reader) transport {
	return func(req *http.Request) (*http.Response, error) {
		header := http.Header{}
		if contentType != "" {
			header.Set("Content-Type", contentType)
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body), Request: req}, nil
	}
}

func TestValidate_Responses(t *testing.T) {
	const voucher = `"vid":1001,"vid_encoded":"LXKG-TBR-HQV","amount_allocated":100,"amount_vouched":100,"id_fort_transfer":777,"fee":0,` +
		`"uid_from":4711,"uid_proxy":1,"uid_to":null,"gid":null,"ts_valid_until":"2026-01-16T03:04:05+00:00","description":null,"message":null`
	for name, test := range map[string]struct {
		method, path string // GET /fort/accounts unless given
		status       int    // 200 unless given
		contentType  string // application/json unless given
		body         string
		want         string // "" for none
	}{
		"right":            {body: `{"data":{"uid":4711,"balance":12345}}`},
		"right with space": {body: " {\"data\": {\"balance\": -5}}\r\n"},
		"right charset":    {contentType: "application/json; charset=ascii", body: `{"data":{"balance":12345}}`},
		"field of text":    {body: `{"data":{"balance":"12345"}}`, want: `getBalance: response 200 body at /data/balance: "12345" must be an integer`},
		"field null":       {body: `{"data":{"balance":null}}`, want: "getBalance: response 200 body at /data/balance: null must be of type integer"},
		"field missing":    {body: `{"data":{"uid":4711}}`, want: "getBalance: response 200 body at /data/balance: is missing"},
		"field unknown":    {body: `{"data":{"balance":5,"colour":1}}`, want: "getBalance: response 200 body at /data/colour: is not in the specification"},
		"data missing":     {body: `{}`, want: "getBalance: response 200 body at /data: is missing"},
		"data a list":      {body: `{"data":[]}`, want: "getBalance: response 200 body at /data: [] must be an object"},
		"beside data":      {body: `{"data":{"balance":5},"took":3}`, want: "getBalance: response 200 body at /took: is not in the specification"},
		"a list":           {body: `[]`, want: "getBalance: response 200 body: [] must be an object"},
		"nothing":          {body: "", want: "getBalance: response 200 body: nothing must be JSON"},
		"half":             {body: `{"data":{"bal`, want: `getBalance: response 200 body: "{\"data\":{\"bal" must be JSON`},
		"more behind":      {body: `{"data":{"balance":5}}{}`, want: `getBalance: response 200 body: "{\"data\":{\"balance\":5}}{}" must be JSON`},
		"page":             {contentType: "text/html", body: `{"data":{"balance":5}}`, want: `getBalance: response 200 header Content-Type: "text/html" must be application/json`},
		"no type":          {contentType: "-", body: `{"data":{"balance":5}}`, want: `getBalance: response 200 header Content-Type: "" must be application/json`},

		"refusal":                            {status: 403, body: `{"message":"No.","context":"Forbidden"}`},
		"refusal of few words":               {status: 404, body: `{"message":null,"context":null}`},
		"refusal by default":                 {status: 418, body: `{"message":"No.","context":"Tea"}`},
		"refusal with data":                  {status: 500, body: `{"data":{"balance":5}}`, want: "getBalance: response 500 body at /data: is not in the specification"},
		"refusal without context":            {status: 400, body: `{"message":"No."}`, want: "getBalance: response 400 body at /context: is missing"},
		"refusal by default without context": {status: 429, body: `{"message":"No."}`, want: "getBalance: response 429 body at /context: is missing"},
		"success unheard of":                 {status: 202, body: `{"data":{"balance":5}}`, want: "getBalance: response 202 body at /data: is not in the specification"},
		"redirect":                           {status: 301, body: `{"message":"Gone.","context":"Error"}`},
		"redirect without envelope":          {status: 307, body: `{}`, want: "getBalance: response 307 body at /message: is missing"},

		"list":            {path: "/vouchers", body: `{"data":[{` + voucher + `},{` + voucher + `}]}`},
		"list of nothing": {path: "/vouchers/from=1/first=3", body: `{"data":[]}`},
		"list of one amiss": {path: "/vouchers/gid=a", body: `{"data":[{` + voucher + `},{` + strings.Replace(voucher, "4711", "0", 1) + `}]}`,
			want: "listVouchers: response 200 body at /data/1/uid_from: 0 must be at least 1"},
		"list that is one": {path: "/vouchers", body: `{"data":{` + voucher + `}}`,
			want: `listVouchers: response 200 body at /data: {"amount_allocated":100,"amount_vouched":100,"description":null,"fee":0,"gid":nu… must be an array`},
		"one by code": {path: "/vouchers/LXKG-TBR-HQV/from=1", body: `{"data":{` + voucher + `}}`},
		"log entry of no action": {path: "/vouchers/history", body: `{"data":[{"id":1,"action":"eat","ts_created":"2026-01-16T03:04:05+00:00",` + voucher + `}]}`,
			want: `listVoucherHistory: response 200 body at /data/0/action: "eat" must be one of ["add","use","revoke","expire"]`},
		"time": {path: "/vouchers/LXKG", body: `{"data":{` + strings.Replace(voucher, "2026-01-16T03", "tomorrow", 1) + `}}`,
			want: `getVoucher: response 200 body at /data/ts_valid_until: "tomorrow:04:05+00:00" must match ` +
				`^[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}:?[0-9]{2}:?[0-9]{2}([.,][0-9]+)?(Z|[-+][0-9]{2}(:?[0-9]{2}(:?[0-9]{2})?)?)$`},

		"id":               {method: "POST", path: "/registry/objects/", body: `{"data":{"oid":5}}`},
		"id in a batch":    {method: "POST", path: "/registry/objects/", status: 201, body: `{"data":{"oids":[5],"errors":[]}}`},
		"failure in batch": {method: "POST", path: "/registry/objects/", status: 206, body: `{"data":{"oids":[],"errors":[{"code":"409","desc":"Object exists"}]}}`},
		"id of another":    {method: "POST", path: "/registry/objects/", body: `{"data":{"id":5}}`, want: `createObject: response 200 body at /data: {"id":5} must be SingleObject or BatchObjects`},
		"code a number": {method: "POST", path: "/registry/objects/", status: 206, body: `{"data":{"oids":[],"errors":[{"code":409,"desc":"x"}]}}`,
			want: `createObject: response 206 body at /data: {"errors":[{"code":409,"desc":"x"}],"oids":[]} must be SingleObject or BatchObjects`},
		"map of numbers": {method: "DELETE", path: "/vouchers", body: `{"data":{"LXKG-TBR-HQV":"778"}}`,
			want: `revokeVouchers: response 200 body at /data/LXKG-TBR-HQV: "778" must be an integer`},
	} {
		t.Run(name, func(t *testing.T) {
			method, path, body := http.MethodGet, "/fort/accounts", ""
			if test.path != "" {
				path = test.path
			}
			if test.method != "" {
				method = test.method
				body = map[string]string{
					"POST": `{"description":{"name":"a","url":"b"}}`, "DELETE": `{"revoke":true}`,
				}[method]
			}
			status, contentType := http.StatusOK, "application/json"
			if test.status != 0 {
				status = test.status
			}
			if test.contentType != "" {
				contentType = strings.Trim(test.contentType, "-")
			}
			var want []string
			if test.want != "" {
				want = []string{"vingdtest: " + test.want}
			}
			for kind, source := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "bytewise": iotest.OneByteReader, "at once with its end": iotest.DataErrReader,
			} {
				t.Run(kind, func(t *testing.T) {
					var r recorder
					next := respondWith(status, contentType, source(strings.NewReader(test.body)))
					if got := send(t, vingdtest.Validate(&r, next), newRequest(t, method, endpoint+path, body)); got != test.body {
						t.Errorf("read %q, want %q", got, test.body)
					}
					r.want(t, want...)

					var lenient recorder
					next = respondWith(status, contentType, source(strings.NewReader(test.body)))
					send(t, vingdtest.ValidateRequests(&lenient, next), newRequest(t, method, endpoint+path, body))
					lenient.want(t)
				})
			}
		})
	}
}

// The validator does not wait for more than its reader reads: a row arrives before the broker sends the next.
func TestValidate_Streams(t *testing.T) {
	in, out := io.Pipe()
	var r recorder
	rt := vingdtest.Validate(&r, respondWith(200, "application/json", in))
	resp, err := rt.RoundTrip(newRequest(t, "GET", endpoint+"/fort/accounts", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got bytes.Buffer
	for _, piece := range []string{`{"data":`, `{"balance":`, `"5"}}`} {
		go func() {
			if _, err := out.Write([]byte(piece)); err != nil {
				t.Error(err)
			}
		}()
		if _, err := io.CopyN(&got, resp.Body, int64(len(piece))); err != nil {
			t.Fatal(err)
		}
		r.want(t)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&got, resp.Body); err != nil {
		t.Fatal(err)
	}
	if want := `{"data":{"balance":"5"}}`; got.String() != want {
		t.Errorf("read %q, want %q", got.String(), want)
	}
	r.want(t, `vingdtest: getBalance: response 200 body at /data/balance: "5" must be an integer`)
}

func TestValidate_ClosedEarly(t *testing.T) {
	const amiss = `{"data":{"balance":"5"}}`
	for name, test := range map[string]struct {
		body io.Reader
		read int
		want []string
	}{
		"closed halfway":          {body: strings.NewReader(amiss), read: 10},
		"closed before its start": {body: strings.NewReader(amiss), read: 0},
		"closed before its end": {body: strings.NewReader(amiss), read: len(amiss),
			want: []string{`vingdtest: getBalance: response 200 body at /data/balance: "5" must be an integer`}},
		"broken off": {body: io.MultiReader(strings.NewReader(amiss[:10]), iotest.ErrReader(io.ErrUnexpectedEOF)), read: len(amiss)},
	} {
		t.Run(name, func(t *testing.T) {
			var r recorder
			rt := vingdtest.Validate(&r, respondWith(200, "application/json", test.body))
			resp, err := rt.RoundTrip(newRequest(t, "GET", endpoint+"/fort/accounts", ""))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(resp.Body, make([]byte, test.read)); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Fatal(err)
			}
			r.want(t, test.want...)
		})
	}
}

func TestValidate_LargeResponse(t *testing.T) {
	var r recorder
	body := `{"data":{"balance":"5"}}` + strings.Repeat(" ", 16<<20)
	rt := vingdtest.Validate(&r, respondWith(200, "application/json", strings.NewReader(body)))
	if got := send(t, rt, newRequest(t, "GET", endpoint+"/fort/accounts", "")); got != body {
		t.Errorf("read %d bytes, want %d, or not the same", len(got), len(body))
	}
	r.want(t)
	if want := "vingdtest: getBalance: response 200 is not validated: it is larger than 16 MiB"; len(r.log) != 1 || r.log[0] != want {
		t.Errorf("logged %q, want %q", r.log, want)
	}
}
