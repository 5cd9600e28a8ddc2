// Command payroll gives 1000 users a reward each, once. If it is killed at any moment, the next run continues.
//
//	go run ./examples/payroll            # kill it, and run it again, and again
//
// The directory payroll, or that of -dir, holds the list of rewards, rewards.csv, and the journal. Without a login the
// rewards go to users of a sandbox, and the first run makes its data and the list. With a login in VINGD_USERNAME and
// VINGD_PASSWORD it pays an existing list at Vingd.
//
// The part to copy is the function pay.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

func main() {
	dir := flag.String("dir", "payroll", "the directory of rewards.csv and the journal")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, 1000, os.Stdout); err != nil {
		stop()
		log.Fatal(err)
	}
}

// run pays the list in a directory. In the sandbox, it makes a missing list, with that many users.
func run(ctx context.Context, dir string, users int, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list := filepath.Join(dir, "rewards.csv")
	client, end, err := connect(ctx, dir, list, users)
	if err != nil {
		return err
	}
	defer end()
	rewards, err := readList(list)
	if err != nil {
		return err
	}
	paid, err := pay(ctx, client, filepath.Join(dir, "journal"), rewards)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "All %d rewards are paid, each once: %v in all.\n", paid.Done, paid.Given)
	return nil
}

// pay pays the rewards that are not yet paid in the journal.
func pay(ctx context.Context, client *vingd.Client, journal string, rewards []batch.Reward) (batch.Progress, error) {
	job, err := batch.OpenRewards(ctx, journal, rewards)
	if err != nil {
		return batch.Progress{}, err
	}
	defer func() { _ = job.Close() }()
	return job.Run(ctx, client, batch.Options{})
}
