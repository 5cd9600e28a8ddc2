package vingd

import (
	"crypto/sha1" //nolint:gosec // the broker's protocol, not our choice: the password travels as its SHA-1
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// redacted replaces a secret in texts.
const redacted = "***"

// Credentials are the login of a client. No format prints them.
type Credentials struct {
	// A function, because fmt prints only its address, for every verb and at every depth. Fmt prints the target of a pointer
	// for a wrong verb.
	reveal func() *pair
}

type pair struct {
	user    string
	secret  string // as on the wire
	problem string // of the arguments; "" without one
}

// Password returns the credentials of a login at Vingd. The client sends the SHA-1 of the password, never the password.
func Password(username, password string) Credentials {
	if password == "" {
		return newCredentials("username", username, "password", "")
	}
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	return newCredentials("username", username, "password", hex.EncodeToString(sum[:]))
}

// Key returns the credentials of an API key. The client sends the secret unchanged.
func Key(key, secret string) Credentials {
	return newCredentials("key", key, "secret", secret)
}

func newCredentials(userName, user, secretName, secret string) Credentials {
	p := &pair{user: user, secret: secret}
	switch {
	case user == "":
		p.problem = userName + " is empty, must be given"
	case secret == "":
		p.problem = secretName + " is empty, must be given"
	case !isPrintable(user) || strings.Contains(user, ":"):
		p.problem = userName + " must be printable ASCII without a colon"
	case !isPrintable(secret):
		p.problem = secretName + " must be printable ASCII"
	}
	return Credentials{func() *pair { return p }}
}

func isPrintable(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// authorization returns a function that returns the value of the Authorization header.
func (p *pair) authorization() func() string {
	value := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.secret))
	return func() string { return value }
}

// Format prints a placeholder for every verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns a placeholder.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder, which encoding/json writes.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }
