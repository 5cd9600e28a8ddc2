package command

import (
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
)

// assignments are how shells set a variable.
var assignments = map[string]func(name, value string) string{
	"sh":   func(name, value string) string { return "export " + name + "=" + cli.Quoted(value) },
	"fish": func(name, value string) string { return "set -gx " + name + " " + quotedFish(value) },
	"powershell": func(name, value string) string {
		return "$env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
	},
}

func newEnv() *cobra.Command {
	s := &settings{}
	shell := "sh"
	if runtime.GOOS == "windows" {
		shell = "powershell"
	}
	c := &cobra.Command{
		Use:   "env",
		Short: "Print the variables that point this command at a sandbox",
		Long: `Prints the variables that point this command at a sandbox on this machine, with the
login of Vingd's documentation. Those of a key are empty, since a key would go first. Give it
the flags --listen, --ca and --http of the sandbox, and --fixtures if these give
test@vingd.com a password.`,
		Example: `  eval "$(vingd sandbox env)"
  eval "$(vingd sandbox env --listen 127.0.0.1:9443 --http)"
  vingd sandbox env --shell fish | source
  vingd sandbox env --shell powershell | Invoke-Expression`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			assign, ok := assignments[shell]
			if !ok {
				return cli.Misuse("--shell %q: must be sh, fish or powershell", shell)
			}
			if err := s.check(); err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(s.listen)
			if err != nil || port == "0" {
				return cli.Misuse("--listen %q: must have the port that the sandbox listens on", s.listen)
			}
			trust := ""
			if !s.http {
				dir, err := s.authorityDirectory()
				if err != nil {
					return err
				}
				if trust, err = filepath.Abs(filepath.Join(dir, "ca.pem")); err != nil {
					return err
				}
			}
			at := newScreen(s, address(net.JoinHostPort(host, port)), nil)
			for _, v := range [][2]string{
				{"VINGD_KEY", ""}, {"VINGD_SECRET", ""}, // a key would be used before the username, and sent to the sandbox
				{"VINGD_USERNAME", firstUsername}, {"VINGD_PASSWORD", s.fixedPassword()}, {"VINGD_ENDPOINT", at.endpoint()}, {"VINGD_FRONTEND", at.frontend}, {"VINGD_CA", trust},
			} {
				if _, err := fmt.Fprintln(c.OutOrStdout(), assign(v[0], v[1])); err != nil {
					return err
				}
			}
			return nil
		},
	}
	s.listenFlags(c.Flags())
	c.Flags().StringVar(&s.fixtures, "fixtures", "", "the `FILE` of the sandbox's fixtures")
	c.Flags().StringVar(&shell, "shell", shell, "the shell that reads the lines: sh, fish or powershell")
	return c
}

// An address is one that a sandbox listens on.
type address string

// Network returns "tcp".
func (address) Network() string { return "tcp" }

// String returns the host and the port.
func (a address) String() string { return string(a) }

// quotedFish returns a text as fish takes it.
func quotedFish(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
