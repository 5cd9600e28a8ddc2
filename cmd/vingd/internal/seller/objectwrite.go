package seller

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/vingd"
)

// objectFlags are the flags that describe an object.
func objectFlags(c *cobra.Command, p *vingd.ObjectParams) {
	c.Flags().StringVar(&p.Name, "name", "", "the name that the buyer reads")
	c.Flags().StringVar(&p.URL, "url", "", "the `URL` to which the buyer returns after paying")
}

func newObjectCreate(a *cli.App) *cobra.Command {
	var p vingd.ObjectParams
	c := &cobra.Command{
		Use:   "create",
		Short: "Register an object",
		Long: `Registers an object, which orders offer for a price.

If there is no response, the exit code is 3. Wait two minutes, because the request may arrive
late. Then look at vingd objects list, and only then register another.`,
		Example: `  vingd objects create --name "My article" --url https://shop.example/article
  vingd objects create --name "My article" --url https://shop.example/article -o id`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cli.Required(c, "name", "url"); err != nil {
				return err
			}
			if ok, err := a.Announce(c.Context(), "Register an object, %q, at %s,", p.Name, p.URL); !ok {
				return err
			}
			if err := a.Check(objectKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			id, err := client.Objects.Create(context.WithoutCancel(c.Context()), p)
			if err != nil { // no look-up: an earlier object may have the name and the URL, too
				return again(err, firstWait+"look at vingd objects list before you register another, or use vingd objects ensure")
			}
			return cli.Unprinted(printObject(c.Context(), a, id), fmt.Sprintf("oid %d", id))
		},
	}
	objectFlags(c, &p)
	a.WriteFlags(c)
	a.PrintFlags(c, objectKind)
	return c
}

func newObjectUpdate(a *cli.App) *cobra.Command {
	var p vingd.ObjectParams
	c := &cobra.Command{
		Use:   "update OBJECT",
		Short: "Change the name or the URL of an object",
		Long: `Changes the name or the URL of an object. Anything else in its description is lost: Vingd
replaces the whole description.`,
		Example:           `  vingd objects update 17 --name "My better article"`,
		Args:              cli.Arguments("OBJECT"),
		ValidArgsFunction: completeObjects(a),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := cli.ID[vingd.ObjectID]("object", args[0])
			if err != nil {
				return err
			}
			if p.Name == "" && p.URL == "" {
				return cli.Misuse("required flag --name not set, nor --url")
			}
			if err := a.Check(objectKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			object, err := client.Objects.Get(c.Context(), id)
			if err != nil {
				return err
			}
			return updateObject(c.Context(), a, object, p)
		},
	}
	objectFlags(c, &p)
	a.WriteFlags(c)
	a.PrintFlags(c, objectKind)
	return c
}

// updateObject changes the fields of an object that are given.
func updateObject(ctx context.Context, a *cli.App, object *vingd.Object, p vingd.ObjectParams) error {
	if p.Name == "" {
		p.Name = object.Name
	}
	if p.URL == "" {
		p.URL = object.URL
	}
	if ok, err := a.Announce(ctx, "Change object %d from %q, at %s, to %q, at %s,", object.ID, object.Name, object.URL, p.Name, p.URL); !ok {
		return err
	}
	client, err := a.Client()
	if err != nil {
		return err
	}
	if _, err := client.Objects.Update(context.WithoutCancel(ctx), object.ID, p); err != nil {
		return again(err, "run the command again: it does no harm")
	}
	return cli.Unprinted(printObject(ctx, a, object.ID), fmt.Sprintf("oid %d", object.ID))
}

func newObjectEnsure(a *cli.App) *cobra.Command {
	var p vingd.ObjectParams
	c := &cobra.Command{
		Use:   "ensure",
		Short: "Register an object unless there is one at its URL",
		Long: `Makes sure that there is an object at a URL, with a name. It registers a missing object,
changes the name of one with another name, and prints it: a deployment may run it each time.
It returns the oldest of several objects at the URL.`,
		Example: `  vingd objects ensure --name "My article" --url https://shop.example/article -o id`,
		Args:    cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cli.Required(c, "name", "url"); err != nil {
				return err
			}
			if err := a.Check(objectKind); err != nil {
				return err
			}
			client, err := a.Client()
			if err != nil {
				return err
			}
			var found *vingd.Object
			for object, err := range client.Objects.All(c.Context(), vingd.ObjectFilter{}) {
				if err != nil {
					return err
				}
				if object.URL == p.URL && (found == nil || object.ID < found.ID) {
					found = &object
				}
			}
			switch {
			case found != nil && found.Name == p.Name:
				return a.One(objectKind, objectRecord(*found))
			case found != nil:
				return updateObject(c.Context(), a, found, p)
			}
			if ok, err := a.Announce(c.Context(), "Register an object, %q, at %s,", p.Name, p.URL); !ok {
				return err
			}
			id, err := settled(c.Context(), a, firstWait+"run the command again",
				func(ctx context.Context) (vingd.ObjectID, error) { return client.Objects.Create(ctx, p) },
				func(ctx context.Context, sent time.Time) (vingd.ObjectID, error) {
					return client.Objects.Reconcile(ctx, p, sent)
				})
			if err != nil {
				return err
			}
			return cli.Unprinted(printObject(c.Context(), a, id), fmt.Sprintf("oid %d", id))
		},
	}
	objectFlags(c, &p)
	a.WriteFlags(c)
	a.PrintFlags(c, objectKind)
	return c
}
