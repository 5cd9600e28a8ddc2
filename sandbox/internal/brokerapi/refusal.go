package brokerapi

import "net/http"

// WriteRefusal answers with a status and a message in the API's envelope.
func WriteRefusal(w http.ResponseWriter, status int, message string) {
	writeEnvelope(&asciiWriter{ResponseWriter: w, status: status}, status, message)
}

// WriteError answers with what the broker refused, or that the sandbox failed.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeError(&asciiWriter{ResponseWriter: w, status: http.StatusOK}, r, err)
}
