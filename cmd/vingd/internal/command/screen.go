package command

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/authority"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

// A screen says what a sandbox is, where, and how to point clients at it.
type screen struct {
	frontend string
	port     string
	trust    string // the file of what clients must trust, or empty
	// certificate is what clients must trust, in PEM, or empty.
	certificate string
	data        string
	http        bool
	flags       string // for vingd sandbox env
	password    *string
}

func newScreen(s *settings, address net.Addr, signer *authority.Authority) *screen {
	scheme := "https"
	if s.http {
		scheme = "http"
	}
	host, _, _ := net.SplitHostPort(s.listen)         // it was checked
	_, port, _ := net.SplitHostPort(address.String()) // it is listened on
	flags := ""
	if at := net.JoinHostPort(host, port); at != defaultListen {
		flags += " --listen " + at
	}
	// By this name Mono and Python 2.7 can check the certificate.
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() || ip.Equal(net.IPv4(127, 0, 0, 1)) {
		host = "localhost"
	}
	if s.authority != "" {
		flags += " --ca " + cli.Quoted(s.authority)
	}
	if s.http {
		flags += " --http"
	}
	if len(s.names) > 0 {
		host = s.names[0]
	}
	screen := &screen{
		frontend: scheme + "://" + net.JoinHostPort(host, port), port: port,
		data: s.data, http: s.http, flags: flags, password: s.password,
	}
	if signer != nil {
		screen.trust, screen.certificate = signer.Path(), string(signer.PEM())
	}
	return screen
}

// json returns what the screen says, for programs.
func (s *screen) json() ([]byte, error) {
	line, err := json.Marshal(struct { //nolint:gosec // the login is for the clients
		API         string  `json:"api"`
		Frontend    string  `json:"frontend"`
		Controls    string  `json:"controls"`
		Username    string  `json:"username"`
		Password    *string `json:"password,omitempty"`
		Trust       string  `json:"trust,omitempty"`
		Certificate string  `json:"certificate,omitempty"`
		Data        string  `json:"data,omitempty"`
	}{s.endpoint(), s.frontend, s.frontend + "/-/", firstUsername, s.password, s.trust, s.certificate, s.data})
	return append(line, '\n'), err
}

func (s *screen) endpoint() string { return s.frontend + "/sandbox/broker/v1" }

// String returns the screen.
func (s *screen) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Vingd sandbox %s. Stop it with Ctrl-C.\n\n", vingd.Version)
	row := func(name, value string) { fmt.Fprintf(&b, "  %-10s %s\n", name, value) }
	row("API", s.endpoint())
	row("frontend", s.frontend)
	row("controls", s.frontend+"/-/")
	if s.password != nil {
		row("login", firstUsername+", password "+*s.password)
	} else {
		row("login", firstUsername+", with the password of its earlier fixtures")
	}
	if s.data == "" {
		row("data", "in memory, gone when it stops")
	} else {
		row("data", s.data)
	}
	switch {
	case s.trust != "":
		row("trust", s.trust)
	case s.certificate != "":
		row("trust", s.frontend+certificatePath)
	}
	b.WriteString("\nPoint a client at it:\n\n")
	for _, c := range s.clients() {
		row(c.name, c.call)
		if s.trust != "" && c.trust != "" {
			row("", c.trust)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// A client is an official client: how to point it at the sandbox, and how to make it trust the sandbox.
type client struct{ name, call, trust string }

func (s *screen) clients() []client {
	password := "PASSWORD"
	if s.password != nil {
		password = *s.password
	}
	at := fmt.Sprintf("%q, %q", s.endpoint(), s.frontend)
	user, hashed := fmt.Sprintf("%q, %q", firstUsername, password), fmt.Sprintf("%q, VingdClient.SHA1(%q)", firstUsername, password)
	trust := cli.Quoted(s.trust)
	environment := "SSL_CERT_FILE=" + trust
	goOptions := fmt.Sprintf("vingd.WithEndpoint(%q), vingd.WithFrontend(%q)", s.endpoint(), s.frontend)
	if s.http {
		goOptions += ", vingd.WithLoopbackHTTP()"
	}
	python := client{"Python", fmt.Sprintf("Vingd(username=%q, password=%q, endpoint=%q, frontend=%q)", firstUsername, password, s.endpoint(), s.frontend), environment + " python3 …"}
	switch {
	case s.http:
		python = client{name: "Python", call: "speaks HTTPS only: start the sandbox with --listen 127.0.0.1:443"}
	case s.port != "443":
		python = client{name: "Python", call: "speaks to port 443 only: start the sandbox with --listen 127.0.0.1:443"}
		if s.trust != "" { // root, who may listen there, has another configuration directory
			python.call += " --ca " + cli.Quoted(filepath.Dir(s.trust))
		}
	}
	java := client{
		"Java", "new VingdClient(" + hashed + ", " + at + ")",
		"rm -f vingd.p12; keytool -importcert -noprompt -alias vingd -file " + trust + " -keystore vingd.p12 -storepass sandbox; java -Djavax.net.ssl.trustStore=vingd.p12 -Djavax.net.ssl.trustStorePassword=sandbox …",
	}
	if s.http {
		java = client{name: "Java", call: "speaks HTTPS only: start the sandbox without --http"}
	}
	env := `eval "$(vingd sandbox env` + s.flags + `)"`
	if password != firstPassword {
		env += "; export VINGD_PASSWORD=" + cli.Quoted(password)
	}
	return []client{
		{"vingd", env, ""},
		{"Go", "vingd.New(vingd.Password(" + user + "), " + goOptions + ")", environment + " go run …"},
		python,
		{"PHP", "new Vingd(" + strings.ReplaceAll(user, "$", `\$`) + ", " + at + ")", "php -d curl.cainfo=" + trust + " …"},
		java,
		{"C#", "new VingdClient(" + hashed + ", " + at + ")", "cert-sync --user " + trust},
		{"curl", "curl -u test@vingd.com:$(printf %s " + cli.Quoted(password) + " | sha1sum | cut -c-40) " + s.endpoint() + "/fort/accounts", "--cacert " + trust},
	}
}
