// Command vingd sells with Vingd from the shell, and runs a whole Vingd on this machine to try it with.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
