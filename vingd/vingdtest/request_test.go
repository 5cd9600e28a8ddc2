package vingdtest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

const endpoint = "https://broker.test/broker/v1"

// transport is a broker as a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newRequest returns a request with credentials, and a body in JSON unless it is empty.
func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("test@vingd.com", "40bd001563085fc35165329ea1ff5c5ecbdbbeef")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// send sends a request, and returns the whole body of the response.
func send(t testing.TB, rt http.RoundTripper, req *http.Request) string {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// sendFailing sends a request that gets no response.
func sendFailing(t testing.TB, rt http.RoundTripper, req *http.Request) error {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	t.Errorf("%s %s: got status %s, want no response", req.Method, req.URL, resp.Status)
	return nil
}

// newBroker returns a fake broker at the endpoint.
func newBroker() *vingdtest.Broker {
	return vingdtest.Register(httpmock.NewMockTransport(), endpoint)
}

func TestValidate_Requests(t *testing.T) {
	const (
		order  = `{"price":200,"order_expires":"2026-01-02T03:19:05+00:00","context":null}`
		reward = `{"huid_to":"5b7c","amount":75,"description":null}`
	)
	basic := func(text string) func(*http.Request) {
		return func(req *http.Request) { req.Header.Set("Authorization", text) }
	}
	for name, test := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		want               string
	}{
		"unknown path":   {method: "GET", path: "/fort/savings", want: "GET /broker/v1/fort/savings: the API has no such path"},
		"empty id":       {method: "GET", path: "/registry/objects//", want: "GET /broker/v1/registry/objects//: the API has no such path"},
		"unknown method": {method: "PATCH", path: "/rewards", want: "PATCH /broker/v1/rewards: the API has no PATCH here, only POST"},
		"literal first":  {method: "DELETE", path: "/vouchers/history", want: "DELETE /broker/v1/vouchers/history: the API has no DELETE here, only GET"},
		"value behind filter": {method: "GET", path: "/vouchers/from=1/LXKG", want: `GET /broker/v1/vouchers/from=1/LXKG: invalid path: ` +
			`kvpath: segment "LXKG": want key=value behind key=value`},

		"slash missing":  {method: "POST", path: "/vouchers", body: `{}`, want: "createVoucher: request path: /broker/v1/vouchers must end as /vouchers/ does"},
		"slash too many": {method: "DELETE", path: "/vouchers/", body: `{"revoke":true}`, want: "revokeVouchers: request path: /broker/v1/vouchers/ must end as /vouchers does"},
		"query":          {method: "GET", path: "/vouchers?from=1", want: "listVouchers: request query: from=1 must be a part of the path, where filters go"},

		"id zero":        {method: "GET", path: "/orders/0", want: "getOrder: request parameter orderid: 0 must be at least 1"},
		"id text":        {method: "GET", path: "/orders/seven", want: `getOrder: request parameter orderid: "seven" must be an integer`},
		"id of dots":     {method: "GET", path: "/fort/accounts/..", want: `getUserBalance: request parameter huid: ".." must match ^[0-9a-fA-F]{1,40}$`},
		"id with slash":  {method: "GET", path: "/fort/accounts/5b%2F7c", want: `getUserBalance: request parameter huid: "5b/7c" must match ^[0-9a-fA-F]{1,40}$`},
		"filter unknown": {method: "GET", path: "/vouchers/colour=red", want: "listVouchers: request filter colour: the operation has no such filter"},
		"filter twice":   {method: "GET", path: "/vouchers/first=1/first=2", want: "listVouchers: request filter first: is given twice"},
		"filter order":   {method: "GET", path: "/vouchers/gid=a/from=1", want: "listVouchers: request filter from: must come before gid"},
		"filter empty":   {method: "GET", path: "/vouchers/from=", want: "listVouchers: request filter from: is empty"},
		"filter type":    {method: "GET", path: "/vouchers/from=me", want: `listVouchers: request filter from: "me" must be an integer`},
		"filter small":   {method: "GET", path: "/vouchers/last=0", want: "listVouchers: request filter last: 0 must be at least 1"},
		"filter pattern": {method: "GET", path: "/vouchers/gid=a%20b", want: `listVouchers: request filter gid: "a b" must match ^[-_A-Za-z0-9]{1,32}$`},
		"filter time": {method: "GET", path: "/registry/objects/since=2026-01-02", want: `listObjects: request filter since: "2026-01-02" ` +
			`must match ^[0-9]{5,8}T[0-9]{6}[-+][0-9]{4}([0-9]{2})?$`},
		"filter enum":           {method: "GET", path: "/vouchers/history/action=eat", want: `listVoucherHistory: request filter action: "eat" must be one of ["add","use","revoke","expire"]`},
		"filter where none are": {method: "GET", path: "/fort/accounts/first=1", want: "getBalance: request filter first: the operation has no such filter"},

		"no credentials": {method: "GET", path: "/fort/accounts", change: func(req *http.Request) { req.Header.Del("Authorization") },
			want: "getBalance: request header Authorization: is missing, must be Basic"},
		"bearer": {method: "GET", path: "/fort/accounts", change: basic("Bearer dGVzdDox"),
			want: "getBalance: request header Authorization: must be Basic, with a user and a secret in base64"},
		"not base64": {method: "GET", path: "/fort/accounts", change: basic("Basic test:1"),
			want: "getBalance: request header Authorization: must be Basic, with a user and a secret in base64"},
		"no secret": {method: "GET", path: "/fort/accounts", change: func(req *http.Request) { req.SetBasicAuth("test", "") },
			want: "getBalance: request header Authorization: must be Basic, with a user and a secret in base64"},
		"no user": {method: "GET", path: "/fort/accounts", change: func(req *http.Request) { req.SetBasicAuth("", "secret") },
			want: "getBalance: request header Authorization: must be Basic, with a user and a secret in base64"},

		"body unwanted": {method: "GET", path: "/fort/accounts", body: `{"uid":1}`, want: `getBalance: request body: "{\"uid\":1}" must be empty`},
		"body missing":  {method: "POST", path: "/rewards", want: "rewardUser: request body: is missing"},
		"body of text":  {method: "POST", path: "/rewards", body: "huid_to=5b7c", want: `rewardUser: request body: "huid_to=5b7c" must be JSON`},
		"body and more": {method: "POST", path: "/rewards", body: reward + "{}", want: `rewardUser: request body: ` +
			`"{\"huid_to\":\"5b7c\",\"amount\":75,\"description\":null}{}" must be JSON`},
		"body of a form": {method: "POST", path: "/rewards", body: reward, change: func(req *http.Request) {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}, want: `rewardUser: request header Content-Type: "application/x-www-form-urlencoded" must be application/json`},
		"body of no type": {method: "POST", path: "/rewards", body: reward, change: func(req *http.Request) { req.Header.Del("Content-Type") },
			want: `rewardUser: request header Content-Type: "" must be application/json`},
		"body a list": {method: "POST", path: "/rewards", body: `[]`, want: "rewardUser: request body: [] must be an object"},
		"body null":   {method: "POST", path: "/rewards", body: `null`, want: "rewardUser: request body: null must be of type object"},

		"field below zero": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "200", "-1", 1),
			want: "createOrder: request body at /price: -1 must be at least 0"},
		"field of text": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "200", `"200"`, 1),
			want: `createOrder: request body at /price: "200" must be an integer`},
		"field a fraction": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "200", "2.5", 1),
			want: "createOrder: request body at /price: 2.5 must be an integer"},
		"field null": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "200", "null", 1),
			want: "createOrder: request body at /price: null must be of type integer"},
		"field missing": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, `"price":200,`, "", 1),
			want: "createOrder: request body at /price: is missing"},
		"field unknown": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, `"price"`, `"colour":"red","price"`, 1),
			want: "createOrder: request body at /colour: is not in the specification"},
		"field a time in Z": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "+00:00", "Z", 1),
			want: `createOrder: request body at /order_expires: "2026-01-02T03:19:05Z" must match ` +
				`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?[-+][0-9]{2}:[0-9]{2}(:[0-9]{2})?$`},
		"field of one value": {method: "DELETE", path: "/vouchers", body: `{"revoke":false}`,
			want: "revokeVouchers: request body at /revoke: false must be one of [true]"},
		"field deep down": {method: "POST", path: "/registry/objects/", body: `{"description":{"name":"a","url":5}}`,
			want: "createObject: request body at /description/url: 5 must be a string"},
		"field in a list": {method: "POST", path: "/id/users/", body: `{"identities":null,"primary_identity":null,"delegate_permissions":["a",1]}`,
			want: "createUser: request body at /delegate_permissions/1: 1 must be a string"},
		"field long": {method: "POST", path: "/objects/5/orders/", body: strings.Replace(order, "200", `"`+strings.Repeat("x", 100)+`"`, 1),
			want: `createOrder: request body at /price: "` + strings.Repeat("x", 79) + `… must be an integer`},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, validate := range map[string]func(testing.TB, http.RoundTripper) http.RoundTripper{
				"Validate": vingdtest.Validate, "ValidateRequests": vingdtest.ValidateRequests,
			} {
				t.Run(kind, func(t *testing.T) {
					req := newRequest(t, test.method, endpoint+test.path, test.body)
					if test.change != nil {
						test.change(req)
					}
					var r recorder
					var got string
					rt := validate(&r, transport(func(req *http.Request) (*http.Response, error) {
						if req.Body != nil {
							b, err := io.ReadAll(req.Body)
							if err != nil {
								t.Error(err)
							}
							got = string(b)
						}
						return nil, io.EOF
					}))
					if err := sendFailing(t, rt, req); !errors.Is(err, io.EOF) {
						t.Errorf("got error %v, want the transport's", err)
					}
					r.want(t, "vingdtest: "+test.want)
					if got != test.body {
						t.Errorf("sent body %q, want %q", got, test.body)
					}
				})
			}
		})
	}
}
