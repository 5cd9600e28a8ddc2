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

// redacted is what a secret prints as.
const redacted = "***"

// Credentials are what a client logs in with. They never print, however they are formatted.
type Credentials struct {
	// A function: fmt prints its address, by any verb and at any depth. What a pointer leads to it shows for a verb
	// that does not fit.
	reveal func() *pair
}

type pair struct {
	user    string
	secret  string // what goes on the wire
	problem string // what is wrong with them
}

// Password returns the credentials of a login at Vingd. On the wire goes the SHA-1 of the password, never itself.
func Password(username, password string) Credentials {
	if password == "" {
		return newCredentials("username", username, "password", "")
	}
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see the import
	return newCredentials("username", username, "password", hex.EncodeToString(sum[:]))
}

// Key returns the credentials of an API key and its secret, which go on the wire as they are.
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

// authorization returns what returns the value of the Authorization header.
func (p *pair) authorization() func() string {
	value := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.secret))
	return func() string { return value }
}

// Format prints nothing of the credentials, by any verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue logs nothing of the credentials.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText encodes nothing of the credentials, to JSON neither.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }
