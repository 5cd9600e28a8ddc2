package vingd

import (
	"context"
	"iter"
	"reflect"
	"slices"

	"github.com/vingd/vingd-api-go/internal/jsonread"
	"github.com/vingd/vingd-api-go/internal/rest"
)

// stream returns the rows of an operation's answer, decoded one by one off the wire. Each use of the sequence makes a
// call, from which the filter's relative times are counted. A call that fails before its first row may be repeated, as
// it may be for any read.
func stream[T, F, W any, D decoder[W]](ctx context.Context, c *Client, op operation, requestFor func(F) (rest.Request, error),
	filter F, convert func(*W) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var w W
		request, err := requestFor(filter)
		if err != nil {
			yield(*new(T), err)
			return
		}
		yielded, stopped := false, false
		list := listCall{
			restart: func() bool { return !yielded },
			row: func(r *jsonread.Reader) (more bool) {
				if D(&w).Decode(r); r.Err() != nil {
					return true
				}
				yielded = true
				stopped = !yield(convert(&w), nil)
				return !stopped
			},
		}
		if err := c.list(ctx, op, request, list); err != nil && !stopped {
			yield(*new(T), err)
		}
	}
}

// list returns the rows of an operation's answer, maxList at most.
func list[T, F, W any, D decoder[W]](ctx context.Context, c *Client, op operation, requestFor func(F) (rest.Request, error),
	filter F, convert func(*W) T) ([]T, error) {
	request, err := requestFor(filter)
	if err != nil {
		return nil, err
	}
	var w W
	rows := []T{}
	list := listCall{
		limit:   maxList,
		expect:  func(n int) { rows = slices.Grow(rows, n) },
		size:    int(reflect.TypeFor[T]().Size()),
		restart: func() bool { rows = rows[:0]; return true },
		row: func(r *jsonread.Reader) (more bool) {
			if D(&w).Decode(r); r.Err() == nil {
				rows = append(rows, convert(&w))
			}
			return true
		},
	}
	if err := c.list(ctx, op, request, list); err != nil {
		return nil, err
	}
	return rows, nil
}

// listCall is what becomes of the rows of a list.
type listCall struct {
	limit   int                         // how many bytes the list may have, on the wire and in memory, 0 for any number
	size    int                         // how many bytes a row has in memory
	expect  func(int)                   // takes how many rows there may be, if that is known
	restart func() bool                 // whether the list may begin again
	row     func(*jsonread.Reader) bool // takes a row, unless the reader fails, and says whether more are wanted
}

// list does an operation whose answer is a list.
func (c *Client) list(ctx context.Context, op operation, request rest.Request, list listCall) error {
	idle := startIdleTimer(ctx, c.optionsOf(ctx).timeout)
	defer idle.stop()
	return c.repeat(idle.ctx, op, idle.left, func() *Error {
		defer idle.resume() // the wait before another attempt counts, too
		resp, failed := c.send(idle.ctx, op, request)
		if failed != nil {
			return failed
		}
		defer func() { _ = resp.Body.Close() }()
		if !isSuccess(resp.StatusCode) { // no list: the whole of it is one wait
			var a answer
			if err := a.fill(resp.Body); err != nil {
				return c.broken(op, resp, err)
			}
			return c.readAnswer(op, resp, &a, nil)
		}
		resp.Body = idle.body(resp.Body)
		failed = c.readList(op, resp, list, idle.reset)
		if failed != nil && !list.restart() {
			failed.transient = false
		}
		return failed
	})
}
