// Command vingd runs a whole Vingd on this machine: a sandbox to develop and test against, with no network.
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
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
