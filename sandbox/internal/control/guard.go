package control

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
)

// IsLocal reports whether a client is on this machine, and not behind a proxy, which hides who asks. Such a client has a loopback
// address, or the address at which it has reached the sandbox.
func IsLocal(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	client := remote.Addr().Unmap()
	return client.IsLoopback() || client == local.AddrPort().Addr().Unmap()
}

// onThisMachine serves clients on the same machine.
func onThisMachine(controls http.Handler) http.Handler {
	elsewhere := refusing("the sandbox's controls are for clients on its own machine; for others, start it with --control-token")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLocal(r) {
			elsewhere.ServeHTTP(w, r)
			return
		}
		controls.ServeHTTP(w, r)
	})
}

// withToken serves clients that have the token.
func withToken(token string, controls http.Handler) http.Handler {
	without := refusing("the sandbox's controls require their token: Authorization: Bearer TOKEN")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			without.ServeHTTP(w, r)
			return
		}
		controls.ServeHTTP(w, r)
	})
}

// Forms reports which clients the dashboard offers the controls to as forms, and tells the others where they are. A browser
// cannot send a token.
func Forms(token string) (allowed func(*http.Request) bool, elsewhere string) {
	if token == "" {
		return IsLocal, "The controls of this sandbox are for clients on its own machine, under a name of its own, and not through a proxy. " +
			"For other clients, start it with --control-token."
	}
	none := func(*http.Request) bool { return false }
	return none, "The controls of this sandbox need its token: use the calls under /-/ with the header Authorization: Bearer TOKEN."
}

// HealthPath is where every client learns whether the sandbox serves.
const HealthPath = "/-/health"

// withHealth tells every client whether the sandbox serves.
func withHealth(s server, controls http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == HealthPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			s.GetHealth(w, r)
			return
		}
		controls.ServeHTTP(w, r)
	})
}

func refusing(message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		brokerapi.WriteRefusal(w, http.StatusForbidden, message)
	})
}
