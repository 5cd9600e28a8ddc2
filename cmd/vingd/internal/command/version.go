package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: `  vingd version`,
		Args:    cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), version())
			return err
		},
	}
}

// The commit that the program was built from, and its time in RFC 3339. "make release" sets them; otherwise Go knows them if
// it built the program in a clone.
var commit, committed string

// version says which version this is, of which commit if it is known, and what it was built with and for.
func version() string {
	text := "vingd " + vingd.Version
	if c, _ := built(); c != "" {
		text += " " + c
	}
	return fmt.Sprintf("%s %s %s/%s", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// built returns the commit that the program was built from, and its time, if they are known.
func built() (hash string, at time.Time) {
	hash, text, modified := commit, committed, false
	if info, ok := debug.ReadBuildInfo(); ok && hash == "" {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				hash = s.Value
			case "vcs.time":
				text = s.Value
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
	}
	hash = hash[:min(len(hash), 12)]
	if modified {
		hash += "+changes"
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at = time.Unix(0, 0).UTC()
	}
	return hash, at
}
