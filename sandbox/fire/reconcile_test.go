package fire_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// skews are how far a caller's clock is ahead of the broker's.
var skews = []time.Duration{0, 2 * time.Minute, -2 * time.Minute, 90 * time.Minute, -90 * time.Minute}

// A keeping is what a broker keeps of what it is given, as its lists tell.
type keeping struct {
	name string
	// text changes a text that the broker keeps.
	text func(string) string
	// note changes what the description of a transfer tells, by its members.
	note func(map[string]any) any
	// fee is what the broker takes of each transfer.
	fee int64
}

// keepings is the table of all of them. A run fails if Reconcile met one never.
var keepings = []keeping{
	{name: "whole"},
	{name: "cut", text: func(s string) string { return s[:min(len(s), 12)] }},
	{name: "trimmed", text: strings.TrimSpace},
	{name: "normalised", text: strings.NewReplacer("e\u0301", "é", "\r\n", "\n", ":80/", "/").Replace},
	{name: "nested", note: func(note map[string]any) any {
		return map[string]any{"class": note["class"], "details": []any{map[string]any{"of": note}}}
	}},
	{name: "without texts", text: func(string) string { return "" }, note: func(note map[string]any) any {
		return map[string]any{"class": note["class"]}
	}},
	{name: "without descriptions", text: func(string) string { return "" }, note: func(map[string]any) any { return nil }},
	{name: "less a fee", fee: 1},
}

// lists are the paths of the lists that Reconcile reads, and keptTexts are the members of their rows that callers write.
var (
	lists     = regexp.MustCompile(`/(fort/transfers|vouchers/history|registry/objects|orders/all)(/|$)`)
	keptTexts = []string{"message", "description", "context", "name", "url", "object"}
)

// handler returns the sandbox as a broker that keeps no more.
func (k *keeping) handler(s *sandbox.Sandbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		s.Handler().ServeHTTP(recorder, r)
		body := recorder.Body.Bytes()
		if lists.MatchString(r.URL.Path) {
			body = k.rewriteList(body)
		}
		w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(body)
	})
}

func (k *keeping) rewriteList(body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var list struct {
		Data []map[string]any `json:"data"`
	}
	if err := decoder.Decode(&list); err != nil || list.Data == nil {
		return body // a refusal
	}
	for _, row := range list.Data {
		_, voucher := row["vid"]
		if text, ok := row["description"].(string); ok && !voucher {
			row["description"] = k.rewriteNote(text)
		} else {
			k.rewriteTexts(row)
		}
		if amount, ok := row["amount"].(json.Number); ok {
			row["amount"] = must(amount.Int64()) - k.fee
		}
	}
	return must(json.Marshal(list))
}

// rewriteNote changes the description of a transfer or an object, which is JSON in itself.
func (k *keeping) rewriteNote(text string) string {
	note := map[string]any{}
	must(0, json.Unmarshal([]byte(text), &note))
	k.rewriteTexts(note)
	if k.note == nil || note["class"] == nil {
		return string(must(json.Marshal(note)))
	}
	changed := k.note(note)
	if changed == nil {
		return ""
	}
	return string(must(json.Marshal(changed)))
}

func (k *keeping) rewriteTexts(row map[string]any) {
	for _, name := range keptTexts {
		switch value := row[name].(type) {
		case string:
			if k.text != nil {
				row[name] = k.text(value)
			}
		case map[string]any:
			k.rewriteTexts(value)
		}
	}
}
