package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/profile"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Login is an account, where it is, and where the command has it from.
type Login struct {
	profile.Login

	Source string // like "profile shop"
}

// Where returns the endpoint.
func (l *Login) Where() string {
	if l.Endpoint == "" {
		return vingd.ProductionEndpoint
	}
	return l.Endpoint
}

// Web returns the address of the pages for buyers.
func (l *Login) Web() string {
	if l.Frontend == "" {
		return vingd.ProductionFrontend
	}
	return l.Frontend
}

// Local reports whether the broker is on this machine.
func (l *Login) Local() bool {
	u, err := url.Parse(l.Where())
	return err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// ControlTokenVariable is the environment variable of the token for a sandbox's controls. It hides the token from lists of
// processes.
const ControlTokenVariable = "VINGD_SANDBOX_TOKEN" //nolint:gosec // it is a name

// Profiles returns the user's profiles.
func (a *App) Profiles() (*profile.Set, error) {
	path, err := profile.Path()
	if err != nil {
		return nil, WithCode(NotAllowed, err)
	}
	set, err := profile.Load(path)
	if err != nil {
		return nil, WithCode(NotAllowed, err)
	}
	return set, nil
}

// ChangeProfiles changes the user's profiles. It waits while another process changes them.
func (a *App) ChangeProfiles(change func(*profile.Set) error) error {
	if _, err := a.Profiles(); err != nil {
		return err
	}
	path, err := profile.Path()
	if err != nil {
		return WithCode(NotAllowed, err)
	}
	return profile.Change(path, change)
}

// Login returns the login: that of --profile, of the environment, or of the active profile, in this order.
func (a *App) Login() (*Login, error) {
	if a.login != nil {
		return a.login, nil
	}
	if a.profile == "" {
		if login, err := fromEnvironment(); login != nil || err != nil {
			a.login = login
			return login, err
		}
	}
	set, err := a.Profiles()
	if err != nil {
		return nil, err
	}
	name := a.profile
	if name == "" {
		name = set.Active
	}
	if name == "" {
		return nil, WithCode(NotAllowed, errors.New("no login: use vingd profile add, --profile, or VINGD_USERNAME and VINGD_PASSWORD"))
	}
	found, err := set.Get(name)
	if err != nil {
		return nil, WithCode(NotAllowed, err)
	}
	if !found.SetFrontend() {
		return nil, WithCode(NotAllowed, fmt.Errorf("profile %s: endpoint %s: has no frontend, so that buyers would be led to %s: remove the profile, and add it with --endpoint and --frontend",
			name, found.Endpoint, vingd.ProductionFrontend))
	}
	a.login = &Login{found, "profile " + name}
	return a.login, nil
}

func fromEnvironment() (*Login, error) {
	key, username := os.Getenv("VINGD_KEY"), os.Getenv("VINGD_USERNAME")
	login := &Login{Source: "the environment"}
	login.Endpoint, login.Frontend, login.CA = os.Getenv("VINGD_ENDPOINT"), os.Getenv("VINGD_FRONTEND"), os.Getenv("VINGD_CA")
	switch {
	case key != "" && os.Getenv("VINGD_SECRET") == "":
		return nil, WithCode(NotAllowed, errors.New("no login: VINGD_KEY is set, VINGD_SECRET must be set, too"))
	case key != "":
		login.Key, login.Secret = key, os.Getenv("VINGD_SECRET")
	case username != "" && os.Getenv("VINGD_PASSWORD") == "":
		return nil, WithCode(NotAllowed, errors.New("no login: VINGD_USERNAME is set, VINGD_PASSWORD must be set, too"))
	case username != "":
		login.Key, login.Secret = username, profile.HashPassword(os.Getenv("VINGD_PASSWORD"))
	case login.Endpoint != "":
		return nil, WithCode(NotAllowed, errors.New("VINGD_ENDPOINT is set without a login: VINGD_USERNAME and VINGD_PASSWORD must be set, too"))
	default:
		return nil, nil //nolint:nilnil // there is no login, and nothing is wrong
	}
	if !login.SetFrontend() {
		return nil, Misuse("VINGD_ENDPOINT %s: VINGD_FRONTEND must be set, too: buyers would be led to %s", login.Endpoint, vingd.ProductionFrontend)
	}
	return login, nil
}

// Client returns a client with the login.
func (a *App) Client(options ...vingd.Option) (*vingd.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	login, err := a.Login()
	if err != nil {
		return nil, err
	}
	all := []vingd.Option{vingd.WithUserAgent("vingd-command/" + vingd.Version)}
	if login.Endpoint != "" {
		all = append(all, vingd.WithEndpoint(login.Endpoint))
	}
	if login.Frontend != "" {
		all = append(all, vingd.WithFrontend(login.Frontend))
	}
	if strings.HasPrefix(login.Endpoint, "http://") {
		all = append(all, vingd.WithLoopbackHTTP())
	}
	if login.CA != "" {
		roots, err := login.roots()
		if err != nil {
			return nil, err
		}
		all = append(all, vingd.WithRootCAs(roots))
	}
	if text := os.Getenv("VINGD_SETTLE_TIME"); text != "" && login.Local() {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return nil, Misuse("VINGD_SETTLE_TIME %q: must be a duration like 30s", text)
		}
		all = append(all, vingd.WithSettleTime(d))
	}
	client, err := vingd.New(vingd.Key(login.Key, login.Secret), append(all, options...)...)
	if err != nil {
		return nil, fmt.Errorf("login of %s: %w", login.Source, err)
	}
	a.client = client
	return client, nil
}

// Transport returns a transport for the controls of a sandbox. It trusts the login's authority besides those of the system.
func (l *Login) Transport() (*http.Transport, error) {
	roots, err := l.roots()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return transport, nil
}

// roots returns the login's authority and those of the system, or nil if the login has none.
func (l *Login) roots() (*x509.CertPool, error) {
	if l.CA == "" {
		return nil, nil //nolint:nilnil // nil stands for those of the system
	}
	text, err := os.ReadFile(l.CA)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("certificate authority %s: must hold a certificate in PEM", l.CA)
	}
	return roots, nil
}

// Own returns the account of the login. It asks the broker once.
func (a *App) Own(ctx context.Context) (*vingd.Profile, error) {
	client, err := a.Client()
	if err != nil || a.own != nil {
		return a.own, err
	}
	a.own, err = client.Users.Profile(ctx)
	return a.own, err
}

// Account says whose money it is, and where: the account and the endpoint by name.
func (a *App) Account(ctx context.Context) (string, error) {
	own, err := a.Own(ctx)
	if err != nil {
		return "", err
	}
	name := own.Username
	if name == "" {
		name = own.Name
	}
	return fmt.Sprintf("account %s (uid %d) at %s", name, own.UID, a.login.Where()), nil
}
