// Package broker is the broker of every measurement: one set of responses, in memory or from a server.
package broker

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Root returns the path of a broker whose lists have this many rows.
func Root(rows int) string { return "/" + strconv.Itoa(rows) }

// responses holds the lists that were already made.
type responses struct {
	mu    sync.Mutex
	lists map[string]string
}

// to returns the response to a request, or "" if it is not an operation.
func (r *responses) to(req *http.Request) string {
	root, path, _ := strings.Cut(req.URL.Path[1:], "/")
	switch req.Method + " " + path {
	case "GET fort/accounts":
		return `{"data": {"uid": 4711, "balance": 12345}}`
	case "POST objects/5/orders/":
		return `{"data": {"ids": [7], "errors": []}}`
	case "GET vouchers", "GET vouchers/history":
		rows, err := strconv.Atoi(root)
		if err != nil {
			return ""
		}
		return r.list(rows, path == "vouchers/history")
	}
	return ""
}

func (r *responses) list(rows int, log bool) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprint(rows, log)
	if r.lists[key] == "" {
		if r.lists == nil {
			r.lists = map[string]string{}
		}
		r.lists[key] = list(rows, log)
	}
	return r.lists[key]
}

// list returns a response with this many vouchers or entries of their log, in the broker's JSON. One in four has a group
// and a message. One in eight was redeemed.
func list(rows int, log bool) string {
	var b strings.Builder
	b.WriteString(`{"data": [`)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('{')
		if log {
			fmt.Fprintf(&b, `"id": %d, "action": "add", "ts_created": "2026-01-02T03:04:05.678901+00:00", `, 9001+i)
		}
		allocated, transfer, to := "200", strconv.Itoa(7770+i), "null"
		if i%8 == 3 {
			allocated, transfer, to = "null", "null", strconv.Itoa(5000+i)
		}
		group, message := "null", `""`
		if i%4 == 0 {
			group, message = `"summer"`, fmt.Sprintf(`"Thank you for reading \u2116 %d"`, i)
		}
		fmt.Fprintf(&b, `"vid": %d, "vid_encoded": "LXKG-TBR-%05d", "amount_allocated": %s, "amount_vouched": 200, `+
			`"id_fort_transfer": %s, "fee": 0, "uid_from": 4711, "uid_proxy": 1, "uid_to": %s, "gid": %s, `+
			`"ts_valid_until": "2026-01-09T03:04:05.678901+00:00", "description": null, "message": %s}`,
			1001+i, i, allocated, transfer, to, group, message)
	}
	b.WriteString("]}")
	return b.String()
}
