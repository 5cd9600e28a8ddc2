package vingd

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

var listBuffers = sync.Pool{New: func() any {
	b := make([]byte, listBuffer)
	return &b
}}

// listReader decodes the rows of a response while they arrive. It has a window of the response in memory. A step that needs
// more bytes starts again when they have arrived.
type listReader struct {
	handler rowHandler
	onRow   func()
	length  int64 // of the response, from its header
	source  io.Reader
	r       jsonread.Reader
	window  []byte // the response from the last reset of the reader
	room    []byte // the memory of window
	dropped int    // the number of bytes before the window
	count   int    // the number of rows so far
	ended   bool
	hasData bool
	readErr error // the error of source
}

const (
	sampleRows  = 16   // by their length and that of the response, a list estimates how many rows it has
	maxExpected = 4096 // limits the rows for which a list makes room by that estimate
)

// errStopped is returned if the caller wants no more rows.
var errStopped = errors.New("no more rows wanted")

// readList reads a list of a response that reports success.
func (c *Client) readList(op operation, resp *http.Response, handler rowHandler, onRow func()) *Error {
	buffer := listBuffers.Get().(*[]byte)
	defer listBuffers.Put(buffer)
	l := &listReader{handler: handler, onRow: onRow, length: resp.ContentLength, source: resp.Body, room: *buffer}
	err := l.read()
	switch {
	case err == nil && l.hasData, errors.Is(err, errStopped):
		return nil
	case l.readErr != nil && errors.Is(err, l.readErr):
		return c.truncated(op, resp, l.readErr)
	case err != nil && isSyntax(err):
		return c.notJSON(op, resp, l.page(), err)
	default:
		return c.unexpectedShape(op, resp, err)
	}
}

// read reads the envelope, and the rows in it.
func (l *listReader) read() error {
	r := &l.r
	if err := l.step("", func() { r.Enter('{') }); err != nil {
		return err
	}
	for {
		more, data := false, false
		err := l.step("{}[],", func() {
			if more = r.Next('}'); !more {
				return
			}
			if data = string(r.Key()) == "data"; data {
				r.Peek()
			} else {
				r.Skip()
				r.Peek() // a number is complete only if another byte follows
			}
		})
		if err == nil && data {
			err = l.rows()
		}
		if err != nil {
			return err
		}
		if !more {
			return l.end()
		}
	}
}

// rows reads the data: a list, or the one row that the filter named.
func (l *listReader) rows() error {
	if l.hasData {
		l.r.Fail("one data only")
		return l.r.Err()
	}
	l.hasData = true
	r, wanted := &l.r, true
	if r.Peek() == '{' {
		if err := l.step("}", func() { wanted = l.handler.row(r) }); err != nil {
			return err
		}
		return l.rowDone(wanted)
	}
	if err := l.step("", func() { r.Enter('[') }); err != nil {
		return err
	}
	for {
		more := false
		err := l.step("}]", func() {
			if more = r.Next(']'); more {
				wanted = l.handler.row(r)
			}
		})
		if err != nil || !more {
			return err
		}
		if err := l.rowDone(wanted); err != nil {
			return err
		}
	}
}

// rowDone counts a row. It ends the list if no more rows are wanted, or if the list is too large.
func (l *listReader) rowDone(wanted bool) error {
	switch l.count++; {
	case !wanted:
		return errStopped
	case l.handler.limit > 0 && l.count*l.handler.size > l.handler.limit:
		l.readErr = &tooLargeError{l.handler.limit}
		return l.readErr
	}
	l.onRow()
	if l.count == sampleRows && l.handler.expect != nil && l.length > 0 {
		read := int64(l.dropped + l.r.Mark().Offset())
		rest := sampleRows * max(0, min(l.length, maxList)-read) / read
		l.handler.expect(int(min(rest+rest/16, maxExpected)))
	}
	return nil
}

// page returns the beginning of a response that is not JSON, if the window still has it.
func (l *listReader) page() []byte {
	if l.dropped > 0 {
		return nil
	}
	more, _ := io.ReadAll(io.LimitReader(l.source, maxLooked+1-int64(len(l.window)))) // as much as the source has
	return append(bytes.Clone(l.window), more...)
}

// end reads the white space after the envelope. Only then can the connection be reused.
func (l *listReader) end() error {
	for behind := 0; ; behind += len(l.window) {
		if l.r.End(); l.r.Err() != nil || l.ended {
			return l.r.Err()
		}
		if behind > maxRow {
			l.readErr = &tooLargeError{maxRow}
			return l.readErr
		}
		mark := l.r.Mark()
		if l.more(mark.Offset(), ""); l.readErr != nil {
			return l.readErr
		}
		l.r.Rewind(mark, l.window)
	}
}

// step runs a step of reading until enough bytes have arrived for it. A step ends at one of the bytes in ends, or at any byte
// if ends is empty. The step runs again only when such a byte has arrived or the response has ended. At the end, the remaining
// bytes may show why the list is invalid.
func (l *listReader) step(ends string, read func()) error {
	for {
		mark := l.r.Mark()
		read()
		err := l.r.Err()
		if !errors.Is(err, jsonread.ErrShort) || l.ended {
			return err
		}
		if l.readErr != nil {
			return l.readErr
		}
		if found := l.more(mark.Offset(), ends); found && l.readErr != nil {
			return l.readErr
		}
		l.r.Rewind(mark, l.window)
	}
}

// more drops the bytes that were read, and reads up to one of the bytes in ends. If ends is empty, it reads at least one byte.
// It reports whether it found one. A large row must double before it is parsed again, or it would be parsed a thousand times.
func (l *listReader) more(read int, ends string) (found bool) {
	rest := copy(l.room, l.window[read:])
	l.dropped += read
	want := rest + 1
	if rest >= listBuffer {
		want = min(2*rest, maxRow+1)
	}
	if rest > maxRow {
		l.readErr = &tooLargeError{maxRow}
		return true
	}
	if want > len(l.room) {
		room := make([]byte, want)
		copy(room, l.room[:rest])
		l.room = room
	}
	found = ends == ""
	for (rest < want || !found && rest < len(l.room)) && !l.ended && l.readErr == nil {
		n, err := l.source.Read(l.room[rest:])
		found = found || bytes.ContainsAny(l.room[rest:rest+n], ends)
		rest += n
		switch {
		case errors.Is(err, io.EOF):
			l.ended = true
		case err != nil:
			l.readErr = err
		case l.handler.limit > 0 && l.dropped+rest > l.handler.limit:
			l.readErr = &tooLargeError{l.handler.limit}
		}
	}
	l.window = l.room[:rest]
	return found
}
