// Command payroll gives 1000 users a reward each, once: it may be killed anywhere, and when it is run again it goes on
// from there.
//
//	go run ./examples/payroll            # kill it, and run it again, and again
//
// In the directory payroll, or that of -dir, it keeps the list of rewards, rewards.csv, the journal of what was sent and
// paid, and the data of a sandbox of its own, where it makes up 1000 users and their list at first. With a login in
// VINGD_USERNAME and VINGD_PASSWORD it pays a list that is there already, at Vingd.
//
// The parts to copy are pay.go and journal.go.
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

// run pays the list in a directory. In the sandbox, the list is of so many users when there is none yet.
func run(ctx context.Context, dir string, users int, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	journal, err := openJournal(ctx, filepath.Join(dir, "journal")) // first: there is one job at a time
	if err != nil {
		return err
	}
	defer func() { _ = journal.close() }()
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
	for n, r := range rewards {
		if err := pay(ctx, client, journal, r); err != nil {
			return fmt.Errorf("%s: after %d of %d rewards: %s: %w", list, n, len(rewards), r.reference, err)
		}
	}
	fmt.Fprintf(out, "All %d rewards are paid, each once.\n", len(rewards))
	return nil
}
