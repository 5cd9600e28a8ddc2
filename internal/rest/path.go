// Package rest makes the requests of the API: a path with its ids and filters, and a body of JSON. Each filter is a path
// segment of its own, key=value. The generated package client builds every request with it.
package rest

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Request is a request of an operation.
type Request struct {
	Operation string // the operationId of the specification; empty for a request of no operation
	Method    string
	Path      string // escaped, below the endpoint
	Body      []byte // JSON; nil if there is none
}

// ParamError is returned for a parameter that the specification does not permit.
type ParamError struct {
	Name    string // as on the wire
	Problem string
}

func (e *ParamError) Error() string { return e.Name + " " + e.Problem }

// Path is the path of a request while it is written: the path parameters first, then the filters, each in their order.
// Its first error is returned by [Path.Request].
type Path struct {
	operation string
	template  string // not written yet
	text      []byte
	err       error
	room      [96]byte // for most texts
}

// NewPath returns a path of an operation, for a template such as "/vouchers/{vid_encoded}".
func NewPath(operation, template string) *Path {
	p := &Path{operation: operation, template: template}
	p.text = p.room[:0]
	return p
}

// ID writes the next path parameter, a number of 1 or more.
func (p *Path) ID(name string, id int64) {
	p.check(name, CheckID(id))
	p.next()
	p.text = strconv.AppendInt(p.text, id, 10)
}

// Text writes the next path parameter, a text of the form that pattern describes. See [CheckText].
func (p *Path) Text(name, text, pattern string) {
	p.check(name, CheckText(text, pattern))
	if text == "." || text == ".." {
		p.check(name, "must not be "+text)
	}
	p.next()
	p.text = append(p.text, strings.ReplaceAll(escape(text), "=", "%3D")...) // it is no filter
}

// FilterID writes a filter by a number of 1 or more. Zero is no filter.
func (p *Path) FilterID(name string, id int64) {
	if id == 0 {
		return
	}
	if problem := CheckID(id); problem != "" {
		p.check(name, "is "+strconv.FormatInt(id, 10)+", "+problem)
	}
	p.key(name)
	p.text = strconv.AppendInt(p.text, id, 10)
}

// FilterText writes a filter by a text of the form that pattern describes. Empty is no filter.
func (p *Path) FilterText(name, text, pattern string) {
	if text == "" {
		return
	}
	if problem := CheckText(text, pattern); problem != "" {
		p.check(name, "is "+Quote(text)+", "+problem)
	}
	p.key(name)
	p.text = append(p.text, escape(text)...)
}

// FilterWord writes a filter by one of several words. Empty is no filter.
func (p *Path) FilterWord(name, word string, words ...string) {
	if word == "" {
		return
	}
	for _, w := range words {
		if word == w {
			p.key(name)
			p.text = append(p.text, escape(word)...)
			return
		}
	}
	p.check(name, "is "+Quote(word)+", must be one of "+strings.Join(words, ", "))
}

// FilterTime writes a filter by a point in time. The zero time is no filter.
func (p *Path) FilterTime(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	p.check(name, CheckTime(t))
	p.key(name)
	p.text = append(p.text, escape(FormatTime(t))...)
}

// Request returns the request for the path. body becomes its JSON; nil is no body.
func (p *Path) Request(method string, body any) (Request, error) {
	if p.err != nil {
		return Request{}, p.err
	}
	p.text = append(p.text, p.template...)
	return NewRequest(p.operation, method, string(p.text), body)
}

// NewRequest returns a request of an operation whose path has no parameters.
func NewRequest(operation, method, path string, body any) (r Request, err error) {
	r = Request{Operation: operation, Method: method, Path: path}
	if body != nil {
		r.Body, err = json.Marshal(body)
	}
	return r, err
}

func (p *Path) check(name, problem string) {
	if problem != "" && p.err == nil {
		p.err = &ParamError{name, problem}
	}
}

// next writes the template up to the next path parameter.
func (p *Path) next() {
	before, after, _ := strings.Cut(p.template, "{")
	_, p.template, _ = strings.Cut(after, "}")
	p.text = append(p.text, before...)
}

// key begins the segment of a filter.
func (p *Path) key(name string) {
	p.text = append(p.text, strings.TrimSuffix(p.template, "/")...)
	p.template = ""
	p.text = append(p.text, '/')
	p.text = append(p.text, name...)
	p.text = append(p.text, '=')
}

// escape escapes a text for one segment, the plus included, as the official clients do.
func escape(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), "+", "%2B")
}
