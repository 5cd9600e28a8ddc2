package modeltest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// response is what a client knows after a call.
type response struct {
	call   string
	status int
	header http.Header
	body   []byte
	err    error
	// ran tells that the operation was executed, if the model permits it. hidden tells that the response does not show the
	// result, because of a fault.
	ran, hidden bool
}

func (r response) String() string {
	if r.err != nil {
		return fmt.Sprintf("%s: %v", r.call, r.err)
	}
	return fmt.Sprintf("%s: %d %s", r.call, r.status, r.body)
}

// data decodes the data of a successful response.
func (r response) data(into any) error {
	if r.err != nil || r.status != http.StatusOK && r.status != http.StatusCreated {
		return fmt.Errorf("%v, want success", r)
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := decodeStrictly(r.body, &envelope); err != nil {
		return fmt.Errorf("%v: %w", r, err)
	}
	if err := decodeStrictly(envelope.Data, into); err != nil {
		return fmt.Errorf("%v: %w", r, err)
	}
	return nil
}

// decodeStrictly decodes one JSON value without unknown keys. Numbers keep their text.
func decodeStrictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("there is more behind the value")
	}
	return nil
}

// refused returns an error unless the response is a refusal in the envelope, with one of the statuses.
func (r response) refused(statuses ...int) error {
	var envelope struct{ Message, Context string }
	if r.err != nil || !slices.Contains(statuses, r.status) {
		return fmt.Errorf("%v, want status %v", r, statuses)
	}
	if err := decodeStrictly(r.body, &envelope); err != nil || envelope.Message == "" || envelope.Context == "" {
		return fmt.Errorf("%v, want message and context", r)
	}
	return nil
}

// request sends a request to the process.
func (p *process) request(client *http.Client, login, method, path string, body any) response {
	r := response{call: strings.TrimSpace(strings.Join([]string{login, method, path}, " ")), ran: true}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			r.err = err
			return r
		}
		r.call += " " + string(text)
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(p.ctx, method, p.base+path, content)
	if err != nil {
		r.err = err
		return r
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if login != "" {
		request.SetBasicAuth(login, password)
	}
	answer, err := client.Do(request)
	if err != nil {
		r.err = err
		return r
	}
	defer func() { _ = answer.Body.Close() }()
	r.status, r.header = answer.StatusCode, answer.Header
	r.body, r.err = io.ReadAll(answer.Body)
	return r
}

// row is the JSON of an object with sorted keys, with times in one form. Two equal rows have equal texts.
type row = map[string]any

// canonical returns a row of a response in the form of the model.
func canonical(got row) string {
	for key, value := range got {
		if text, is := value.(string); is && (strings.HasPrefix(key, "ts_") || strings.HasPrefix(key, "timestamp") || key == "order_expires") {
			if at, err := time.Parse("2006-01-02T15:04:05.999999999-07:00", text); err == nil {
				got[key] = at.UTC()
			}
		}
	}
	return text(got)
}

func text(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// parsed returns the value of a JSON text. Numbers keep their text.
func parsed(of string) any {
	var value any
	if err := decodeStrictly([]byte(of), &value); err != nil {
		return err.Error()
	}
	return value
}

// difference compares two lists of rows.
func difference(got, want []string) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("row %d of %d is missing: want %s", i, len(want), want[i])
		case i >= len(want):
			return fmt.Errorf("row %d of %d is more than wanted: got %s", i, len(got), got[i])
		case got[i] != want[i]:
			return fmt.Errorf("row %d:\ngot  %s\nwant %s", i, got[i], want[i])
		}
	}
	return nil
}
