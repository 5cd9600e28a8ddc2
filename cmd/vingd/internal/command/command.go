// Package command is the vingd command: its tree, its sandbox, and its exit codes.
package command

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/seller"
)

// Run runs the command until it is done or ctx is, and returns its exit code. An error is one line on stderr.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	app := &cli.App{In: stdin, Out: stdout, Err: stderr}
	defer app.Close()
	root := New(app)
	root.SetArgs(append([]string{}, args...)) // for nil, cobra takes those of the process
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	ran, err := root.ExecuteContextC(ctx)
	if err != nil && ran.ValidateFlagGroups() != nil { // then it is cobra's own error
		err = cli.Misuse("%s", exclusive(err))
	}
	err = seller.Ended(ran, args, err)
	// A wrong flag before or between the words of a command takes one of them for its value, so that another command was found.
	err = seller.Ended(meant(root, args), args, err)
	if err != nil {
		cli.Report(ctx, stderr, err, ran.CommandPath(), app.JSON())
	}
	return cli.CodeOf(ctx, err)
}

// meant returns the command whose words are among the arguments, whatever is before or between them.
func meant(c *cobra.Command, args []string) *cobra.Command {
	for _, arg := range args {
		named := func(sub *cobra.Command) bool { return sub.Name() == arg || sub.HasAlias(arg) }
		if at := slices.IndexFunc(c.Commands(), named); at >= 0 {
			c = c.Commands()[at]
		}
	}
	return c
}

// exclusive says which flags must not be set together.
func exclusive(err error) string {
	if names := flagGroup.FindStringSubmatch(err.Error()); names != nil {
		return "--" + strings.ReplaceAll(names[1], " ", ", --") + ": mutually exclusive"
	}
	return err.Error()
}

var flagGroup = regexp.MustCompile(`\[([-a-z ]+)\]`)

const (
	groupSell    = "sell"
	groupLogin   = "login"
	groupSandbox = "sandbox"
)

// New returns the whole tree.
func New(app *cli.App) *cobra.Command {
	root := &cobra.Command{
		Use:   "vingd",
		Short: "Sell with Vingd from the shell",
		Long: `Sells with Vingd from the shell: your balance, what you sell, vouchers, rewards, and a
whole Vingd on this machine to try it with.

Log in with vingd profile add, or set VINGD_USERNAME and VINGD_PASSWORD.`,
		Example: `  vingd demo                                see a sale, from start to end
  vingd sandbox                             start a Vingd on this machine
  vingd profile add shop --username ann@shop.example
  vingd balance
  vingd vouchers create 5.00 --message "Thank you!"
  vingd campaign run spring.csv`,
		Args:          cli.NoArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return cli.Misuse("%s", err) })
	root.AddGroup(&cobra.Group{ID: groupSell, Title: "Sell:"}, &cobra.Group{ID: groupLogin, Title: "Log in:"},
		&cobra.Group{ID: groupSandbox, Title: "Try it on this machine:"})
	app.ProfileFlag(root, seller.CompleteProfiles(app))
	add(root, groupSell, seller.New(app)...)
	add(root, groupLogin, seller.NewLogin(app)...)
	add(root, groupSandbox, newSandbox(), newDemo())
	add(root, groupSandbox, seller.NewBuyer(app)...)
	root.AddCommand(newVersion(), newMan(), newExitCodes())
	refuseUnknownTopics(root)
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	return root
}

// refuseUnknownTopics makes help of an unknown command an error.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		panic(err) // it was just made
	}
	help.Example = "  vingd help exit-codes\n  vingd help vouchers create"
	help.Run = nil
	help.RunE = func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return cli.Misuse("unknown help topic %q", strings.Join(args, " "))
		}
		about.InitDefaultHelpFlag()
		return about.Help()
	}
}

func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
	}
	root.AddCommand(commands...)
}

// newExitCodes returns a topic of the help.
func newExitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes and what they mean", Long: cli.ExitCodes}
}
