package seller

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

func newObjects(a *cli.App) *cobra.Command {
	return parent("objects", "Register what you sell, and list it", `  vingd objects create --name "My article" --url https://shop.example/article
  vingd objects list`,
		newObjectList(a), newObjectGet(a), newObjectCreate(a), newObjectUpdate(a), newObjectEnsure(a))
}

func newObjectList(a *cli.App) *cobra.Command {
	var w window
	c := &cobra.Command{
		Use:   "list",
		Short: "List your objects",
		Example: `  vingd objects list
  vingd objects list --since 7d --columns oid,name
  vingd objects list -o id`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			since, until, err := w.times()
			if err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			filter := vingd.ObjectFilter{Since: since, Until: until, First: w.first, Last: w.last}
			return list(a, objectKind, client.Objects.All(c.Context(), filter), objectRecord)
		},
	}
	w.flags(c, "objects", true)
	a.PrintFlags(c, objectKind)
	return c
}

func newObjectGet(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use:   "get OBJECT",
		Short: "Print an object",
		Example: `  vingd objects get 17
  vingd objects get 17 --jq .url`,
		Args:              cli.Arguments("OBJECT"),
		ValidArgsFunction: completeObjects(a),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := cli.ID[vingd.ObjectID]("object", args[0])
			if err != nil {
				return err
			}
			return printObject(c.Context(), a, id)
		},
	}
	a.PrintFlags(c, objectKind)
	return c
}

func printObject(ctx context.Context, a *cli.App, id vingd.ObjectID) error {
	client, err := a.Client()
	if err != nil {
		return err
	}
	object, err := client.Objects.Get(ctx, id)
	if err != nil {
		return err
	}
	return a.One(objectKind, objectRecord(*object))
}
