package brokerapi

import (
	"encoding/json"
	"iter"
	"net/http"
)

// A list writes a response while it reads the rows. It holds a part of the response, and never all of a long one.
type list func(*asciiWriter) error

// listPart is the length of a part of a response, in bytes. A longer response is sent before its length is known.
const listPart = 32 << 10

// listOf returns the response with the rows, each converted by wire.
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
				panic(http.ErrAbortHandler) // the response must not look complete
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

// These methods make a list the response of each operation that returns one.

// VisitListTransfersResponse writes the response.
func (l list) VisitListTransfersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListObjectsResponse writes the response.
func (l list) VisitListObjectsResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListOrdersResponse writes the response.
func (l list) VisitListOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListAllOrdersResponse writes the response.
func (l list) VisitListAllOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListObjectOrdersResponse writes the response.
func (l list) VisitListObjectOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListAllObjectOrdersResponse writes the response.
func (l list) VisitListAllObjectOrdersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListVouchersResponse writes the response.
func (l list) VisitListVouchersResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitListVoucherHistoryResponse writes the response.
func (l list) VisitListVoucherHistoryResponse(w http.ResponseWriter) error { return l.visit(w) }

// VisitGetVoucherHistoryResponse writes the response.
func (l list) VisitGetVoucherHistoryResponse(w http.ResponseWriter) error { return l.visit(w) }
