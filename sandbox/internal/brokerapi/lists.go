package brokerapi

import (
	"encoding/json"
	"iter"
	"net/http"
)

// A list answers with rows while they are read: it holds a part of the answer, and never all of it.
type list func(*asciiWriter) error

// listPart is how long a part of an answer is, in bytes. An answer that is longer is sent before its length is known.
const listPart = 32 << 10

// listOf returns the answer with what wire makes of each row.
func listOf[T, W any](rows iter.Seq2[T, error], wire func(T) W) list {
	return func(w *asciiWriter) error {
		part, comma, sent := []byte(`{"data":[`), "", false
		for row, err := range rows {
			var written []byte
			if err == nil {
				written, err = json.Marshal(wire(row))
			}
			switch {
			case err != nil && sent:
				panic(http.ErrAbortHandler) // the answer must not look like a whole one
			case err != nil:
				return err
			}
			part = append(append(part, comma...), written...)
			comma = ","
			if len(part) < listPart {
				continue
			}
			if err := w.writePart(part); err != nil {
				panic(http.ErrAbortHandler) // the client is gone
			}
			part, sent = part[:0], true
		}
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(append(part, "]}\n"...))
		return err
	}
}

func (l list) visit(w http.ResponseWriter) error { return l(w.(*asciiWriter)) }

// What follows makes a list the response of each operation that answers with one.

// VisitListTransfersResponse writes the answer.
func (l list) VisitListTransfersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListObjectsResponse writes the answer.
func (l list) VisitListObjectsResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListOrdersResponse writes the answer.
func (l list) VisitListOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListAllOrdersResponse writes the answer.
func (l list) VisitListAllOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListObjectOrdersResponse writes the answer.
func (l list) VisitListObjectOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListAllObjectOrdersResponse writes the answer.
func (l list) VisitListAllObjectOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListVouchersResponse writes the answer.
func (l list) VisitListVouchersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListVoucherHistoryResponse writes the answer.
func (l list) VisitListVoucherHistoryResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitGetVoucherHistoryResponse writes the answer.
func (l list) VisitGetVoucherHistoryResponse(w http.ResponseWriter) error { return l.visit(w) }
