package seller

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
)

func newUsers(a *cli.App) *cobra.Command {
	return parent("users", "Make accounts for users of yours", `  vingd users create --identity mail=ann@example.com`, newUserCreate(a))
}

func newUserCreate(a *cli.App) *cobra.Command {
	var p vingd.UserParams
	var permissions []string
	c := &cobra.Command{
		Use:   "create",
		Short: "Make an account for a user",
		Long: `Makes an account for a user of yours, and prints the user's HUID. Keep it: nothing finds it
again.`,
		Example: `  vingd users create --identity mail=ann@example.com
  vingd users create --permit purchase.object,get.account.balance -o id`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, permission := range permissions {
				p.Permissions = append(p.Permissions, vingd.Permission(permission))
			}
			if err := a.Check(userKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			if ok, err := a.Announce(c.Context(), "Make an account for a user,"); !ok {
				return err
			}
			huid, err := client.Users.Create(context.WithoutCancel(c.Context()), p)
			if err != nil {
				return again(err, "run the command again: the other user, if there is one, holds nothing")
			}
			return a.Result(userKind, output.Record{string(huid)})
		},
	}
	c.Flags().StringToStringVar(&p.Identities, "identity", nil, "how the user is known elsewhere, as `KIND=VALUE`")
	c.Flags().StringVar(&p.Primary, "primary", "", "the `KIND` of the primary identity")
	c.Flags().StringSliceVar(&permissions, "permit", nil, "a `PERMISSION` that you get: purchase.object, get.account.balance")
	_ = c.RegisterFlagCompletionFunc("permit", cobra.FixedCompletions([]string{string(vingd.PermissionPurchase), string(vingd.PermissionBalance)}, cobra.ShellCompDirectiveNoFileComp))
	a.WriteFlags(c)
	a.PrintFlags(c, userKind)
	return c
}
