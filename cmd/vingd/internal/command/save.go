package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/sandbox"
)

func newSave() *cobra.Command {
	return newCopy(&cobra.Command{
		Use:   "save COPY --data FILE",
		Short: "Copy a data file",
		Long: `Copies a data file as it is now into a new file. A sandbox may have the data file open at
the time, under the same path. To copy it by other means loses what is in the files beside it.`,
		Example: `  vingd sandbox save monday.db --data shop.db`,
	}, "the data `FILE` to copy", func(data, saved string) (string, error) {
		return data + " is saved in " + saved, sandbox.SaveFile(data, saved)
	})
}

func newRestore() *cobra.Command {
	return newCopy(&cobra.Command{
		Use:   "restore COPY --data FILE",
		Short: "Make a data file what a saved one is",
		Long: `Makes a data file what a saved one is, entirely or not at all, and loses what the data file
holds. It creates the data file if there is none, and refuses one that a sandbox has open.`,
		Example: `  vingd sandbox restore monday.db --data shop.db`,
	}, "the data `FILE` to restore", func(data, saved string) (string, error) {
		return data + " is restored from " + saved, sandbox.RestoreFile(data, saved)
	})
}

// newCopy completes a command that copies between a data file and a saved one.
func newCopy(c *cobra.Command, usage string, run func(data, saved string) (done string, err error)) *cobra.Command {
	var data string
	c.Args = cli.Arguments("COPY")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := cli.Required(c, "data"); err != nil {
			return err
		}
		done, err := run(data, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), done)
		return err
	}
	c.Flags().StringVar(&data, "data", "", usage)
	return c
}
