// Package command is the vingd command: what it takes, does and prints.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	done    = 0
	failed  = 1
	misused = 2
)

// Run runs the command until it is done or ctx is, and returns its exit code: 1 when it failed, 2 when it was misused.
// An error is one line on stderr.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return done
	}
	line := strings.ReplaceAll(err.Error(), "\n", "; ")
	code = failed
	if misuse := (*usageError)(nil); errors.As(err, &misuse) {
		line += " (see " + ran.CommandPath() + " --help)"
		code = misused
	}
	fmt.Fprintln(stderr, "vingd: "+line) //nolint:errcheck // there is nowhere left to complain
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "vingd",
		Short: "A whole Vingd on this machine",
		Long: `A whole Vingd on this machine, to develop and test against: the broker's API, the
ledger under it, and buyers to sell to. It needs no network and no account.`,
		Example: `  vingd demo                                see a sale, from start to end
  vingd sandbox                             start a sandbox, and be told how to use it
  vingd sandbox --data shop.db              the same, and keep what happens
  vingd sandbox check --data shop.db        audit what was kept`,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err.Error()} })
	root.AddCommand(newSandbox(), newDemo(), newVersion())
	return root
}

// A usageError says how the command was misused.
type usageError struct{ message string }

// Error returns the message.
func (e *usageError) Error() string { return e.message }

func misuse(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// noArguments refuses arguments, such as a command that is mistyped.
func noArguments(c *cobra.Command, args []string) error {
	c.SuggestionsMinimumDistance = 2
	switch {
	case len(args) == 0:
		return nil
	case !c.HasAvailableSubCommands():
		return misuse("%q: %s takes no arguments", args[0], c.CommandPath())
	case len(c.SuggestionsFor(args[0])) > 0:
		return misuse("%q: is no command of %s, did you mean %s?", args[0], c.CommandPath(), c.SuggestionsFor(args[0])[0])
	default:
		return misuse("%q: is no command of %s", args[0], c.CommandPath())
	}
}
