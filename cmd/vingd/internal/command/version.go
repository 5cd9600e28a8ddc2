package command

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/vingd"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "vingd %s %s %s/%s\n", vingd.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
