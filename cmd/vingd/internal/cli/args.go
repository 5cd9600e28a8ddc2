package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// NoArguments refuses arguments, such as a mistyped command.
func NoArguments(c *cobra.Command, args []string) error {
	c.SuggestionsMinimumDistance = 2
	switch {
	case len(args) == 0:
		return nil
	case !c.HasAvailableSubCommands():
		return Misuse("argument %q: %s takes no arguments", args[0], c.CommandPath())
	case len(c.SuggestionsFor(args[0])) > 0:
		return Misuse("unknown command %q for %s: did you mean %s?", args[0], c.CommandPath(), c.SuggestionsFor(args[0])[0])
	default:
		return Misuse("unknown command %q for %s", args[0], c.CommandPath())
	}
}

// Arguments takes exactly the arguments of these names.
func Arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return Misuse("argument %s: is required", names[len(args)])
		case len(args) > len(names):
			return Misuse("argument %q: %s takes %s only", args[len(names)], c.CommandPath(), strings.Join(names, " "))
		}
		return nil
	}
}

// Required refuses a flag that is not set.
func Required(c *cobra.Command, flags ...string) error {
	for _, flag := range flags {
		if !c.Flags().Changed(flag) {
			return Misuse("required flag --%s not set", flag)
		}
	}
	return nil
}
