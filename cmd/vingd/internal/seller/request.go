package seller

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newRequest(a *cli.App) *cobra.Command {
	var input string
	c := &cobra.Command{
		Use:   "request METHOD PATH",
		Short: "Make any call of the API with your login",
		Long: `Makes a call of the API as it is, and prints the data of the response. PATH is relative
to the endpoint and escaped. The call is never retried. If its outcome is unknown, the
exit code is 3: a command of its own, such as vingd rewards give, can find out more.`,
		Example: `  vingd request GET fort/accounts
  vingd request GET vouchers/history/action=use --jq '.[].vid_encoded'
  vingd request POST registry/objects/ --input object.json
  echo '{"revoke": true}' | vingd request DELETE vouchers/gid=spring --input - --yes`,
		Args: cli.Arguments("METHOD", "PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			method := strings.ToUpper(args[0])
			body, err := readBody(a, input)
			if err != nil {
				return err
			}
			printRaw, err := a.RawPrinter()
			if err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if method != "GET" || a.DryRun() {
				if ok, err := a.Confirm(c.Context(), "%s %s, with a body of %d bytes,", method, args[1], len(body)); !ok {
					return err
				}
			}
			var send any // nil sends no body
			if body != nil {
				send = body
			}
			data, err := client.Request(c.Context(), method, args[1], send)
			if errors.Is(err, vingd.ErrOutcomeUnknown) {
				return fmt.Errorf("%w: %slook at the account before you make this call again", err, firstWait)
			}
			if err != nil {
				return err
			}
			err = printRaw(data)
			if method != "GET" {
				err = cli.Unprinted(err, "")
			}
			return err
		},
	}
	c.Flags().StringVar(&input, "input", "", "send the JSON in this `FILE`; - is stdin")
	a.JQFlag(c)
	a.ConfirmFlags(c)
	return c
}

// maxBody is the longest body, in bytes, that request sends.
const maxBody = 4 << 20

// readBody reads the JSON in a file.
func readBody(a *cli.App, path string) (json.RawMessage, error) {
	if path == "" {
		return nil, nil
	}
	from := a.In
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the user's own choice of a file
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // it was read
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxBody:
		return nil, cli.Misuse("--input %s: must be at most %d bytes", path, maxBody)
	case !json.Valid(text):
		return nil, cli.Misuse("--input %s: must be JSON", path)
	}
	return text, nil
}

// notFound is the error of something that the broker does not list.
func notFound(format string, args ...any) error {
	return cli.WithCode(cli.NotFound, fmt.Errorf(format+": not found", args...))
}
