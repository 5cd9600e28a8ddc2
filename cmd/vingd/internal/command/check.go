package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/sandbox"
)

func newCheck() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:   "check --data FILE",
		Short: "Audit a data file",
		Long: `Audits a data file, even while a sandbox has it open:

  - all balances and the money issued add up to zero
  - no account is below zero
  - every reservation is open or has ended exactly once
  - the voucher log agrees with the vouchers

The exit code is 0 if the books are right, else 1.`,
		Example: `  vingd sandbox check --data shop.db`,
		Args:    cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if data == "" {
				return cli.Misuse("--data: is missing, must name the file to audit")
			}
			if err := sandbox.CheckFile(data); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "%s: the books are right\n", data)
			return err
		},
	}
	c.Flags().StringVar(&data, "data", "", "the `FILE` to audit")
	return c
}
