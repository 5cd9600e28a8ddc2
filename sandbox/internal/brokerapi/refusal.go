package brokerapi

import "net/http"

// WriteRefusal writes a response with a status and a message in the API's envelope.
func WriteRefusal(w http.ResponseWriter, status int, message string) {
	writeEnvelope(&asciiWriter{ResponseWriter: w, status: status}, status, message)
}

// WriteError writes the response for an error: a refusal of the broker, or a failure of the sandbox.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeError(&asciiWriter{ResponseWriter: w, status: http.StatusOK}, r, err)
}
