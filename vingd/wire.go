package vingd

import (
	"context"
	"errors"
	"time"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// A decoder is a pointer to a W, a generated type that decodes itself out of a response.
type decoder[W any] interface {
	*W
	Decode(r *jsonread.Reader)
}

// getOne does a call whose response is one W, and returns it as a T.
func getOne[T, W any, D decoder[W]](ctx context.Context, c *Client, op operation, req rest.Request, convert func(*W) T) (*T, error) {
	var w W
	if err := c.call(ctx, op, req, func(r *jsonread.Reader) *batchFailure { D(&w).Decode(r); return nil }); err != nil {
		return nil, err
	}
	t := convert(&w)
	return &t, nil
}

// valueOf returns what p points to, or err.
func valueOf[T any](p *T, err error) (T, error) {
	if err != nil {
		return *new(T), err
	}
	return *p, nil
}

// request returns a request of the generated package, or the first error of the arguments.
func (ch *checks) request(req rest.Request, err error) (rest.Request, error) {
	if err != nil && ch.err == nil {
		ch.err = err
		if param := (*rest.ParamError)(nil); errors.As(err, &param) {
			ch.err = &ArgumentError{ch.op.name, param.Name, param.Problem}
		}
	}
	return req, ch.err
}

// filterID returns an id for a filter. Zero is no filter.
func filterID[T ~int64](ch *checks, argument string, id T) int64 {
	if id != 0 {
		ch.add(argument, checkID(id))
	}
	return int64(id)
}

// filterText returns a text for a filter. Empty is no filter.
func filterText[T interface {
	~string
	check() (problem string)
}](ch *checks, argument string, text T) string {
	if text != "" {
		ch.add(argument, text.check())
	}
	return string(text)
}

// filterTime returns a time for a filter. The zero Time is no filter.
func (ch *checks) filterTime(argument string, t Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	at := t.resolve(ch.now, 0)
	ch.add(argument, rest.CheckTime(at))
	return at
}

// counts returns the two bounds on the number of rows, of which at most one may be given.
func (ch *checks) counts(first, last int) (firstRows, lastRows int64) {
	const must = "is below zero, must be how many to return, or 0 for all"
	switch {
	case first < 0:
		ch.add("first", must)
	case last < 0:
		ch.add("last", must)
	case first > 0 && last > 0:
		ch.add("first", "and last are both given: the broker takes one of them")
	}
	return int64(first), int64(last)
}

// optional returns a pointer to v, or nil for its zero value.
func optional[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
