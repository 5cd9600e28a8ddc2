package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/sandbox"
)

func newCheck() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:   "check --data FILE",
		Short: "Audit a data file",
		Long: `Audits a data file: all balances and the money issued must add up to nothing, no
account may be below zero, every reservation must be open or have ended exactly
once, and the voucher log must tell what the vouchers tell. A sandbox may have the
file open meanwhile. The exit code is 0 when the books are right, else 1.`,
		Example: `  vingd sandbox check --data shop.db`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if data == "" {
				return misuse("--data: is missing, must name the file to audit")
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
