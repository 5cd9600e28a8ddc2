// Command benchmarks compares the client with its peers, and its row decoder with libraries, on one server in one run. It
// prints the costs relative to the first peer.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/vingd/vingd-api-go/benchmarks/broker"
)

// sizes set how much is measured.
type sizes struct {
	turns int
	fill  time.Duration // how long a turn of the first peer takes
	rows  int           // of the long list
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var s sizes
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.IntVar(&s.turns, "turns", 7, "how many turns each peer gets")
	flags.DurationVar(&s.fill, "turn", 100*time.Millisecond, "how long a turn of the first peer takes")
	flags.IntVar(&s.rows, "rows", 100_000, "how many rows the long list has")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(flags.Output(), "usage: benchmarks [flags] peers|decoders")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case s.turns < 1 || s.fill <= 0 || s.rows < 1:
		return errors.New("turns, turn and rows must be above zero")
	case flags.Arg(0) == "peers":
		return comparePeers(ctx, s)
	case flags.Arg(0) == "decoders":
		return compareDecoders(ctx, s)
	case flags.Arg(0) == "serve": // in a process of its own, which comparePeers starts
		return serve()
	case flags.Arg(0) == "walk": // likewise
		return walk(ctx, flags.Args()[1:])
	}
	flags.Usage()
	return errors.New("missing argument: want peers or decoders")
}

// serve serves the broker until standard input ends.
func serve() error {
	at, shut := broker.Serve()
	defer shut()
	if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
