package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/vingd/vingd-api-go/benchmarks/broker"
	"github.com/vingd/vingd-api-go/benchmarks/measure"
	"github.com/vingd/vingd-api-go/benchmarks/peers"
)

// startServer starts this program as the server, so that its CPU time is not that of the clients, and returns its
// addresses. The function shut stops it.
func startServer(ctx context.Context) (at broker.Addresses, shut func(), err error) {
	server, err := self(ctx, "serve")
	if err != nil {
		return at, nil, err
	}
	stdin, err := server.StdinPipe()
	if err != nil {
		return at, nil, err
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return at, nil, err
	}
	if err := server.Start(); err != nil {
		return at, nil, err
	}
	shut = func() {
		_ = stdin.Close()
		_ = server.Wait()
	}
	if err := json.NewDecoder(stdout).Decode(&at); err != nil {
		shut()
		return at, nil, fmt.Errorf("start the server: %w", err)
	}
	return at, shut, nil
}

func self(ctx context.Context, args ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // itself
	command.Stderr = os.Stderr
	return command, nil
}

// walked is the cost of a process that walked over the long list.
type walked struct {
	measure.Cost
	First time.Duration // until the first row
	Peak  float64       // in bytes
	Rows  int
}

// walks measures the long list, in a process of its own for each peer and turn, and adds it to the table.
func (c *comparison) walks(endpoint string) error {
	names := peers.Names()
	costs := make([][]walked, len(names))
	for turn := range c.sizes.turns {
		for i := range names {
			at := (turn + i) % len(names)
			cost, err := walkApart(c.ctx, names[at], endpoint)
			if err = wantRows(cost.Rows, c.sizes.rows, err); err != nil {
				return fmt.Errorf("%s: %w", names[at], err)
			}
			costs[at] = append(costs[at], cost)
		}
	}
	c.table.row("", "CPU", duration, figures(costs, func(w walked) float64 { return float64(w.CPU) }))
	c.table.row("", "wall", duration, figures(costs, func(w walked) float64 { return float64(w.Wall) }))
	c.table.row("", "first row", duration, figures(costs, func(w walked) float64 { return float64(w.First) }))
	c.table.row("", "allocated", memory, figures(costs, func(w walked) float64 { return w.Bytes }))
	c.table.row("", "peak memory", memory, figures(costs, func(w walked) float64 { return w.Peak }))
	return nil
}

func walkApart(ctx context.Context, name, endpoint string) (w walked, err error) {
	command, err := self(ctx, "walk", name, endpoint)
	if err != nil {
		return w, err
	}
	text, err := command.Output()
	if err != nil {
		return w, err
	}
	return w, json.Unmarshal(text, &w)
}

// walk walks over the list at an endpoint, and prints the cost. A call before opens the connection.
func walk(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("walk needs a peer and an endpoint")
	}
	peer, err := peers.New(args[0], args[1], nil)
	if err != nil {
		return err
	}
	if _, err := peer.Balance(ctx); err != nil {
		return err
	}
	var w walked
	start := time.Now()
	w.Cost, err = measure.Of(func() error {
		start = time.Now()
		return peer.Walk(ctx, func() {
			if w.Rows++; w.Rows == 1 {
				w.First = time.Since(start)
			}
		})
	})
	if err != nil {
		return err
	}
	if w.Peak, err = measure.PeakMemory(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(w)
}
