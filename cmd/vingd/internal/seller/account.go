package seller

import (
	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

func newBalance(a *cli.App) *cobra.Command {
	var of string
	c := &cobra.Command{
		Use:   "balance",
		Short: "Print the balance of your account",
		Example: `  vingd balance                         1000.00
  vingd balance -o json                 in whole cents
  vingd balance --of 3f5d2a             of a user who permits it`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.Client()
			if err != nil {
				return err
			}
			var balance vingd.Cents
			if of != "" {
				balance, err = client.Accounts.BalanceOf(c.Context(), vingd.HUID(of))
			} else {
				balance, err = client.Accounts.Balance(c.Context())
			}
			return one(a, accountKind, balance, err, func(b vingd.Cents) output.Record { return output.Record{b} })
		},
	}
	c.Flags().StringVar(&of, "of", "", "of this user, by `HUID`, who permits it to you")
	a.PrintFlags(c, accountKind)
	return c
}

func newWhoami(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "whoami",
		Short: "Print the account that you are logged in with",
		Example: `  vingd whoami
  vingd whoami --profile shop -o id     its number`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			own, err := a.Own(c.Context())
			return one(a, profileKind, own, err, profileRecord)
		},
	}
	a.PrintFlags(c, profileKind)
	return c
}
