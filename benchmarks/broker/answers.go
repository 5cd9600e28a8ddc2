// Package broker is the other side of every measurement: one set of answers, given in memory or by a server.
package broker

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Root is the path of a broker whose lists have so many rows.
func Root(rows int) string { return "/" + strconv.Itoa(rows) }

// answers holds the texts that were made before.
type answers struct {
	mu    sync.Mutex
	lists map[string]string
}

// to returns the answer to a request, or nothing where there is no such operation.
func (a *answers) to(req *http.Request) string {
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
		return a.list(rows, path == "vouchers/history")
	}
	return ""
}

func (a *answers) list(rows int, log bool) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := fmt.Sprint(rows, log)
	if a.lists[key] == "" {
		if a.lists == nil {
			a.lists = map[string]string{}
		}
		a.lists[key] = list(rows, log)
	}
	return a.lists[key]
}

// list is an answer of so many vouchers, or entries of their log, as the broker writes JSON. One in four is of a group
// and has a message, one in eight was redeemed.
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
