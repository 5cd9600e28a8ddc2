package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

// An App is one run of the command.
type App struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	profile string
	output  output.Options
	yes     bool
	dryRun  bool

	login  *Login
	client *vingd.Client
	own    *vingd.Profile

	mu  sync.Mutex               // guards messages and progress, which are written by several goroutines
	bar *progressbar.ProgressBar // on the terminal now; nil without one
}

// Close closes the connections.
func (a *App) Close() {
	if a.client != nil {
		a.client.CloseIdleConnections()
	}
}

// JSON reports whether a program reads what is printed.
func (a *App) JSON() bool { return a.output.JSON() }

// ProfileFlag adds the flag that chooses the login.
func (a *App) ProfileFlag(root *cobra.Command, complete cobra.CompletionFunc) {
	root.PersistentFlags().StringVar(&a.profile, "profile", "", "use the login of this profile `NAME`")
	_ = root.RegisterFlagCompletionFunc("profile", complete)
}

// PrintFlags adds the flags that say how records of a kind are printed.
func (a *App) PrintFlags(c *cobra.Command, kind output.Kind) {
	f := c.Flags()
	f.StringVarP(&a.output.Format, "output", "o", "", "print as `FORMAT`: "+strings.Join(output.Formats, ", ")+" (default table)")
	f.StringSliceVar(&a.output.Columns, "columns", nil, "print these `FIELDS`, separated by commas: "+strings.Join(kind.Fields, ","))
	f.BoolVar(&a.output.NoHeader, "no-header", false, "print no header line")
	f.StringVar(&a.output.JQ, "jq", "", "print what this jq `EXPRESSION` makes of the JSON")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(output.Formats, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("columns", cobra.FixedCompletions(kind.Fields, cobra.ShellCompDirectiveNoFileComp))
}

// JQFlag adds the flag for a response that is not made of records.
func (a *App) JQFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.output.JQ, "jq", "", "print what this jq `EXPRESSION` makes of the JSON")
}

// RawPrinter returns a function that prints JSON as it is, but indented or through the jq expression.
func (a *App) RawPrinter() (func(text []byte) error, error) {
	raw, err := output.NewRaw(a.Out, a.output.JQ)
	if err != nil {
		return nil, Misuse("%s", err)
	}
	return raw, nil
}

// WriteFlags adds the flag that shows what a command would do.
func (a *App) WriteFlags(c *cobra.Command) {
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "say what would be done, and do nothing")
}

// ConfirmFlags adds the flags of a command that asks first.
func (a *App) ConfirmFlags(c *cobra.Command) {
	a.WriteFlags(c)
	c.Flags().BoolVarP(&a.yes, "yes", "y", false, "do not ask")
}

// DryRun reports whether nothing must be done.
func (a *App) DryRun() bool { return a.dryRun }

// Printer returns a printer of records. Single says that there is one record, and not a list.
func (a *App) Printer(kind output.Kind, single bool) (*output.Printer, error) {
	o := a.output
	o.Single = single
	o.Bold = a.Colored()
	p, err := output.New(a.Out, kind, o)
	if err != nil {
		return nil, Misuse("%s", err)
	}
	return p, nil
}

// Check refuses flags that do not fit, before anything is sent.
func (a *App) Check(kind output.Kind) error {
	_, err := a.Printer(kind, true)
	return err
}

// One prints one record.
func (a *App) One(kind output.Kind, r output.Record) error {
	p, err := a.Printer(kind, true)
	if err != nil {
		return err
	}
	if err := p.Print(r); err != nil {
		return err
	}
	return p.Close()
}

// Result prints the record of a call that changed something. If the record cannot be printed, the error is an
// [Unprinted] error with the record's id.
func (a *App) Result(kind output.Kind, r output.Record) error {
	what := kind.ID
	if at := slices.Index(kind.Fields, kind.ID); at >= 0 {
		what += fmt.Sprintf(" %v", r[at])
	}
	return Unprinted(a.One(kind, r), what)
}

// IsTerminal reports whether a reader or a writer is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Colored reports whether stdout is a terminal that takes escape sequences, and the user has nothing against them.
func (a *App) Colored() bool {
	return IsTerminal(a.Out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// Complete returns a completion of the first argument only.
func Complete(values func(toComplete string) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.DeleteFunc(values(toComplete), func(v string) bool { return !strings.HasPrefix(v, toComplete) }), cobra.ShellCompDirectiveNoFileComp
	}
}
