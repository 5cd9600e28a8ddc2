package control

import (
	"net"
	"net/http"

	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
)

// onThisMachine serves clients on the loopback interface, but not through a proxy, which hides who asks.
func onThisMachine(knobs http.Handler) http.Handler {
	elsewhere := refusing("the sandbox's knobs are for clients on its own machine")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !net.ParseIP(host).IsLoopback() || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
			elsewhere.ServeHTTP(w, r)
			return
		}
		knobs.ServeHTTP(w, r)
	})
}

func refusing(message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		brokerapi.WriteRefusal(w, http.StatusForbidden, message)
	})
}
