package paywall

import (
	"net/http"
	"time"
)

// SetReadDeadline bounds how long the request may take.
func (a *heldResponse) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(a.ResponseWriter).SetReadDeadline(t)
}

// SetWriteDeadline bounds how long the content may take.
func (a *heldResponse) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(a.ResponseWriter).SetWriteDeadline(t)
}

// EnableFullDuplex lets the request be read while the content is sent.
func (a *heldResponse) EnableFullDuplex() error {
	return http.NewResponseController(a.ResponseWriter).EnableFullDuplex()
}
