package command

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages to a directory",
		Long: `Writes a man page for each command to a directory. The same program writes the same pages,
whenever it runs.`,
		Example: `  vingd man ~/.local/share/man/man1
  man vingd-vouchers-create`,
		Args: cli.Arguments("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // everybody reads man pages
				return err
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			_, at := built()
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "vingd " + vingd.Version, Manual: "Vingd", Date: &at}, args[0])
		},
	}
}
