package seller

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/profile"
	"github.com/vingd/vingd-api-go/vingd"
)

var loginKind = output.Kind{
	Name: "profiles", ID: "profile",
	Fields:  []string{"active", "profile", "username", "endpoint", "frontend", "ca"},
	Columns: []string{"active", "profile", "username", "endpoint"},
}

func newProfile(a *cli.App) *cobra.Command {
	c := parent("profile", "Keep logins by name", `  vingd profile add shop --username ann@shop.example
  vingd profile list`,
		newProfileAdd(a), newProfileList(a),
		newProfileChange(a, "use NAME", "Make a profile the active one", `  vingd profile use shop`, (*profile.Set).Use),
		newProfileChange(a, "remove NAME", "Remove a profile", `  vingd profile remove shop`, (*profile.Set).Remove))
	c.Long = `Keeps logins by name in a file that you alone can read. A command takes its login from
--profile, else from the environment, else from the active profile. The file does not
hold the password, but a hash that logs in just as well.

The environment's login is VINGD_USERNAME and VINGD_PASSWORD, or VINGD_KEY and
VINGD_SECRET. VINGD_ENDPOINT, VINGD_FRONTEND and VINGD_CA go with it. An endpoint of your own
needs the frontend that belongs to it: the pages that buyers are led to.`
	return c
}

func newProfileAdd(a *cli.App) *cobra.Command {
	var login profile.Login
	var username string
	var passwordStdin, secretStdin, sandbox bool
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a login",
		Long: `Adds a login. The password is asked for on the terminal, or read from stdin: it is never
an argument, which other users of the machine could see. The first profile is active.`,
		Example: `  vingd profile add shop --username ann@shop.example
  vingd profile add shop --username ann@shop.example --password-stdin < password.txt
  vingd profile add bot --key 12345 --secret-stdin < secret.txt
  vingd profile add try --username test@vingd.com --sandbox`,
		Args: cli.Arguments("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.Profiles(); err != nil { // before a password is typed
				return err
			}
			if sandbox {
				login.Endpoint, login.Frontend = vingd.SandboxEndpoint, vingd.SandboxFrontend
			}
			if !login.SetFrontend() {
				return cli.Misuse("--endpoint %s: --frontend must be set, too: buyers would be led to %s", login.Endpoint, vingd.ProductionFrontend)
			}
			var err error
			if login.CA != "" {
				if login.CA, err = filepath.Abs(login.CA); err != nil {
					return err
				}
			}
			switch {
			case username == "" && login.Key == "":
				return cli.Misuse("required flag --username not set, nor --key")
			case username != "":
				password, err := a.Secret(c.Context(), passwordStdin, "password-stdin", "Password of "+username)
				if err != nil {
					return err
				}
				if password == "" {
					return cli.Misuse("password: must not be empty")
				}
				login.Key, login.Secret = username, profile.HashPassword(password)
			default:
				if login.Secret, err = a.Secret(c.Context(), secretStdin, "secret-stdin", "Secret of "+login.Key); err != nil {
					return err
				}
			}
			if err := login.Check(); err != nil {
				return cli.Misuse("%s", err)
			}
			return a.ChangeProfiles(func(set *profile.Set) error {
				if err := set.Add(args[0], login); err != nil {
					return cli.Misuse("%s", err)
				}
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&username, "username", "", "the username at Vingd")
	f.BoolVar(&passwordStdin, "password-stdin", false, "read the password from stdin")
	f.StringVar(&login.Key, "key", "", "an API key, in the place of a username")
	f.BoolVar(&secretStdin, "secret-stdin", false, "read the secret of the key from stdin")
	f.BoolVar(&sandbox, "sandbox", false, "at Vingd's sandbox, where money is not real")
	f.StringVar(&login.Endpoint, "endpoint", "", "at the broker of this `URL`, with --frontend")
	f.StringVar(&login.Frontend, "frontend", "", "with the pages for buyers at this `URL`")
	f.StringVar(&login.CA, "ca", "", "trust the certificate authority in this `FILE`, too")
	c.MarkFlagsMutuallyExclusive("username", "key")
	c.MarkFlagsMutuallyExclusive("sandbox", "endpoint")
	c.MarkFlagsMutuallyExclusive("sandbox", "frontend")
	return c
}

func newProfileList(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List your profiles",
		Example: `  vingd profile list
  vingd profile list -o id`,
		Args: cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			set, err := a.Profiles()
			if err != nil {
				return err
			}
			return list(a, loginKind, func(yield func(string, error) bool) {
				for _, name := range set.Names() {
					if !yield(name, nil) {
						return
					}
				}
			}, func(name string) output.Record {
				login := cli.Login{Login: set.Profiles[name]}
				mark := ""
				if name == set.Active {
					mark = "*"
				}
				return output.Record{mark, name, login.Key, login.Where(), login.Web(), login.CA}
			})
		},
	}
	a.PrintFlags(c, loginKind)
	return c
}

func newProfileChange(a *cli.App, use, short, example string, change func(*profile.Set, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: example,
		Args:              cli.Arguments("NAME"),
		ValidArgsFunction: CompleteProfiles(a),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.ChangeProfiles(func(set *profile.Set) error {
				err := change(set, args[0])
				if errors.Is(err, profile.ErrUnknown) {
					return cli.WithCode(cli.NotFound, err)
				}
				return err
			})
		},
	}
}
