package brokerapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/generated/server"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
)

// invalid returns a refusal of a malformed request.
func invalid(message string) error {
	return &broker.Error{Kind: broker.ErrInvalid, Message: message}
}

// statusOf returns the status of the response to a refused request.
func statusOf(err error) int {
	var unimplemented *server.UnimplementedError
	switch {
	case errors.As(err, &unimplemented):
		return http.StatusNotImplemented
	case errors.Is(err, broker.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, broker.ErrLowBalance):
		return http.StatusPaymentRequired
	case errors.Is(err, broker.ErrForbidden):
		return http.StatusForbidden
	case errors.Is(err, broker.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, broker.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, broker.ErrGone):
		return http.StatusGone
	default:
		return http.StatusInternalServerError
	}
}

// contextOf returns the context of an error response. It has the words of the official clients where they have some.
func contextOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "Invalid data"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusPaymentRequired:
		return "Payment required"
	case http.StatusInternalServerError:
		return "Internal error"
	default:
		return http.StatusText(status)
	}
}

// writeError writes the response for the refusal err. Any other error is a failure of the sandbox: only the call log has its
// cause.
func writeError(w http.ResponseWriter, _ *http.Request, err error) {
	status := statusOf(err)
	message := "the sandbox failed"
	if status == http.StatusInternalServerError {
		calls.SetFailure(w, err)
	} else {
		message = err.Error()
	}
	writeEnvelope(w, status, message)
}

// writeInvalid writes the response to a malformed request.
func writeInvalid(w http.ResponseWriter, _ *http.Request, err error) {
	writeEnvelope(w, http.StatusBadRequest, err.Error())
}

func writeEnvelope(w http.ResponseWriter, status int, message string) {
	context := contextOf(status)
	body, err := json.Marshal(server.Error{Message: &message, Context: &context})
	if err != nil {
		panic(err) // two strings can always be written
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client is gone
}
