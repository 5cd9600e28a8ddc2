package command

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

func newSandbox() *cobra.Command {
	s := &settings{}
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Start a sandbox, until it is interrupted",
		Long: `Starts a sandbox: the broker's API, the ledger under it, and controls for tests: a
clock, faults, deposits, buyers. It prints how to point each official client at it, and
runs until it is interrupted. It prints a line for each call, without passwords
and tokens. GET /-/calls lists the last calls with their bodies.

It serves HTTPS on the loopback interface, by a certificate authority of its own that
is made on first use. The authority's key stays in the user's configuration directory
(--ca), and it can sign for the loopback interface only. A sandbox for other machines
needs --public, or --cert and --key.

With --public the authority is kept in memory, and GET /-/ca.pem is its certificate.
The same holds if the user has no configuration directory or cannot write it.

The controls are for clients on the same machine, and the dashboard has forms for them.
With --control-token they are for every client with the header
"Authorization: Bearer TOKEN", and the dashboard has no forms for them. GET /-/health and
GET /-/ca.pem are for every client.

Fixtures are there again after each reset. A data file that is not new keeps what it has,
also the password that earlier fixtures gave test@vingd.com.

The sandbox refuses requests to the controls by the name of another site, which may lead
here. Without TLS it refuses all requests by such a name. The names that it takes are
localhost, loopback addresses, the name of --listen, and the names in --cert.`,
		Example: `  vingd sandbox
  eval "$(vingd sandbox env)"                 point this command at it, in another shell
  vingd sandbox --data shop.db
  vingd sandbox --fixtures shop.json
  vingd sandbox --listen 127.0.0.1:443        for the Python client, which knows no other port
  vingd sandbox --http --listen 127.0.0.1:0   on any free port, without TLS
  vingd sandbox --clock 2026-01-02T03:04:05Z  at a fixed time, which only a control moves
  vingd sandbox --listen :8443 --cert sandbox.pem --key sandbox-key.pem
  vingd sandbox --listen :8443 --public --name sandbox --ready-file /run/sandbox.json --json`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.check(); err != nil {
				return err
			}
			ctx, stop := untilHangup(c.Context())
			defer stop()
			return serve(ctx, s, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	s.listenFlags(c.Flags())
	f := c.Flags()
	f.StringVar(&s.data, "data", "", "the `FILE` to keep everything in (default in memory)")
	f.StringVar(&s.fixtures, "fixtures", "", "a `FILE` in JSON of sellers, buyers, objects, orders and vouchers to begin with")
	f.StringVar(&s.cert, "cert", "", "a certificate of your own, a `FILE` in PEM; needs --key")
	f.StringVar(&s.key, "key", "", "its key, a `FILE` in PEM")
	f.BoolVar(&s.public, "public", false, "listen on an address that other machines reach")
	f.StringArrayVar(&s.names, "name", nil, "with --public, a `NAME` by which clients reach it; for several, give it several times")
	f.StringVar(&s.token, "control-token", os.Getenv(cli.ControlTokenVariable), "the `TOKEN` that the controls require from every client; the dashboard then has none (default $"+cli.ControlTokenVariable+")")
	f.StringVar(&s.readyFile, "ready-file", "", "a `FILE` to write in JSON once it listens, and to delete when it stops")
	f.BoolVar(&s.json, "json", false, "print JSON: an object when it listens, and one for each call")
	f.Lookup("control-token").DefValue = ""
	f.StringVar(&s.clock, "clock", "", "a fixed `TIME` like 2026-01-02T03:04:05Z, not before that of the data file (default the machine's clock)")
	c.AddCommand(newCheck(), newSave(), newRestore(), newEnv())
	return c
}

// defaultListen is where a sandbox is unless its flags say otherwise.
const defaultListen = "127.0.0.1:8443"

// listenFlags adds the flags that say where a sandbox is.
func (s *settings) listenFlags(f *pflag.FlagSet) {
	f.StringVar(&s.listen, "listen", defaultListen, "the `ADDRESS` to listen on; port 0 is any that is free")
	f.BoolVar(&s.http, "http", false, "serve without TLS, on the loopback interface")
	f.StringVar(&s.authority, "ca", "", "the `DIRECTORY` of the certificate authority (default in the user's configuration)")
}
