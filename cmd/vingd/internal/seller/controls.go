package seller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/generated/sandboxclient"
	"github.com/vingd/vingd-api-go/vingd"
)

// controls are what a sandbox on this machine serves besides the API.
type controls struct {
	a      *cli.App
	client *sandboxclient.Client
	http   *http.Client
	host   string
}

// firstBalance is what a new buyer has.
const firstBalance vingd.Cents = 100_00

// newControls returns the controls of the sandbox that the login leads to. It refuses any other place.
func newControls(a *cli.App) (*controls, error) {
	login, err := a.Login()
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(login.Where())
	if err != nil || !login.Local() {
		return nil, cli.Misuse("endpoint %s: must be that of a sandbox on this machine, where alone buyers are made up", login.Where())
	}
	transport, err := login.Transport()
	if err != nil {
		return nil, err
	}
	base.Path, base.RawQuery = "/", ""
	k := &controls{a: a, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}, host: base.Host}
	k.client, err = sandboxclient.NewClient(base.String(), sandboxclient.WithHTTPClient(k.http), sandboxclient.WithRequestEditorFn(authorize))
	return k, err
}

// authorize sends the token of the controls, if the environment has one.
func authorize(_ context.Context, r *http.Request) error {
	if token := os.Getenv(cli.ControlTokenVariable); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

func (k *controls) close() { k.http.CloseIdleConnections() }

// maxAnswer is the longest response, in bytes, that is read.
const maxAnswer = 1 << 20

// read reads the response to a call.
func (k *controls) read(response *http.Response, err error, out any) error {
	if err != nil {
		if operation := (*net.OpError)(nil); errors.As(err, &operation) && operation.Op == "dial" {
			return fmt.Errorf("sandbox at %s: is it running? %w", k.host, operation)
		}
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		var refused sandboxclient.Error
		_ = json.Unmarshal(text, &refused) // an empty message says as little
		err := fmt.Errorf("sandbox: %s: %s", response.Status, refused.Message)
		switch response.StatusCode {
		case http.StatusNotFound:
			return cli.WithCode(cli.NotFound, err)
		case http.StatusForbidden:
			return cli.WithCode(cli.NotAllowed, err)
		}
		return err
	}
	return json.Unmarshal(text, out)
}

// buyer returns the newest buyer of a name, or a new one.
func (k *controls) buyer(ctx context.Context, name string) (int64, error) {
	var list sandboxclient.BuyerList
	response, err := k.client.ListBuyers(ctx)
	if err := k.read(response, err, &list); err != nil {
		return 0, err
	}
	for _, p := range list.Buyers {
		if p.Name == name {
			return p.UID, nil
		}
	}
	var made sandboxclient.Buyer
	response, err = k.client.AddBuyer(ctx, sandboxclient.NewBuyer{Name: name, Balance: int64(firstBalance)})
	if err := k.read(response, err, &made); err != nil {
		return 0, err
	}
	k.a.Say("%s is new, and has %v.", name, firstBalance)
	return made.UID, nil
}
