package seller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

// knobs are what a sandbox on this machine serves besides the API.
type knobs struct {
	a    *cli.App
	base *url.URL
	http *http.Client
}

// firstBalance is what a new buyer has.
const firstBalance vingd.Cents = 100_00

// newKnobs returns the knobs of the sandbox that the login leads to. It refuses any other place.
func newKnobs(a *cli.App) (*knobs, error) {
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
	base.Path, base.RawQuery = "/-/", ""
	return &knobs{a, base, &http.Client{Transport: transport, Timeout: 30 * time.Second}}, nil
}

func (k *knobs) close() { k.http.CloseIdleConnections() }

// maxAnswer is the longest response, in bytes, that is read.
const maxAnswer = 1 << 20

// call turns a knob.
func (k *knobs) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, k.base.JoinPath(path).String(), body)
	if err != nil {
		return err
	}
	response, err := k.http.Do(request)
	if err != nil {
		if operation := (*net.OpError)(nil); errors.As(err, &operation) && operation.Op == "dial" {
			return fmt.Errorf("sandbox at %s: is it running? %w", k.base.Host, operation)
		}
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		var refused struct{ Message string }
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
func (k *knobs) buyer(ctx context.Context, name string) (vingd.UID, error) {
	type person struct {
		UID  vingd.UID
		Name string
	}
	var list struct{ Buyers []person }
	if err := k.call(ctx, http.MethodGet, "buyers", nil, &list); err != nil {
		return 0, err
	}
	for _, p := range list.Buyers {
		if p.Name == name {
			return p.UID, nil
		}
	}
	var made person
	if err := k.call(ctx, http.MethodPost, "buyers", map[string]any{"name": name, "balance": firstBalance}, &made); err != nil {
		return 0, err
	}
	k.a.Say("%s is new, and has %v.", name, firstBalance)
	return made.UID, nil
}
