package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/vingd/vingd-api-go/benchmarks/broker"
	"github.com/vingd/vingd-api-go/benchmarks/measure"
	"github.com/vingd/vingd-api-go/benchmarks/peers"
)

// shortList is how many rows the short lists have.
const shortList = 1000

// comparison compares peers.
type comparison struct {
	ctx   context.Context
	sizes sizes
	table *table
}

// comparePeers compares the clients in memory, over loopback and over TLS, and with the long list, each in a process of its
// own.
func comparePeers(ctx context.Context, s sizes) error {
	at, shut, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer shut()
	temporary, err := os.MkdirTemp("", "benchmarks")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	// Each client trusts the server by the system's certificates, as in production.
	certificate := filepath.Join(temporary, "server.pem")
	if err := os.WriteFile(certificate, []byte(at.Certificate), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("SSL_CERT_FILE", certificate); err != nil {
		return err
	}
	c := &comparison{ctx, s, newTable(os.Stdout, peers.Names())}
	for _, place := range []struct {
		name      string
		endpoint  string
		transport http.RoundTripper
		measures  []measuring
	}{
		{"in memory", "http://localhost", &broker.Memory{}, []measuring{balance, order, vouchers, log}},
		{"loopback", at.HTTP, nil, []measuring{balance, order, vouchers, balance.atOnce(), order.atOnce()}},
		{"TLS", at.HTTPS, nil, []measuring{balance, order, vouchers, balance.atOnce(), order.atOnce()}},
	} {
		all, err := peers.All(place.endpoint+broker.Root(shortList), place.transport)
		if err != nil {
			return err
		}
		c.table.section(place.name)
		for _, what := range place.measures {
			if err := c.measure(what, all); err != nil {
				return err
			}
		}
	}
	c.table.section(fmt.Sprintf("loopback, %d vouchers, in a process of its own", s.rows))
	return c.walks(at.HTTP + broker.Root(s.rows))
}

// compareDecoders compares the row decoder with libraries, in memory.
func compareDecoders(ctx context.Context, s sizes) error {
	all, err := peers.Decoders("http://localhost"+broker.Root(shortList), &broker.Memory{})
	if err != nil {
		return err
	}
	var names []string
	for _, peer := range all {
		names = append(names, peer.Name)
	}
	c := &comparison{ctx, s, newTable(os.Stdout, names)}
	c.table.section("in memory")
	for _, what := range []measuring{vouchers, log, rows} {
		if err := c.measure(what, all); err != nil {
			return err
		}
	}
	return nil
}

// measuring is a call to measure.
type measuring struct {
	name     string
	parallel int
	call     func(context.Context, *peers.Peer) error
}

// atOnce returns the same call, 8 at once.
func (m measuring) atOnce() measuring { return measuring{m.name + ", 8 at once", 8, m.call} }

var (
	balance = measuring{"balance", 1, func(ctx context.Context, p *peers.Peer) error {
		_, err := p.Balance(ctx)
		return err
	}}
	order = measuring{"create order", 1, func(ctx context.Context, p *peers.Peer) error {
		_, err := p.CreateOrder(ctx)
		return err
	}}
	vouchers = measuring{"1000 vouchers", 1, func(ctx context.Context, p *peers.Peer) error {
		list, err := p.Vouchers(ctx)
		return wantRows(list.Len, shortList, err)
	}}
	log = measuring{"1000 log entries", 1, func(ctx context.Context, p *peers.Peer) error {
		list, err := p.Log(ctx)
		return wantRows(list.Len, shortList, err)
	}}
	rows = measuring{"1000 vouchers, in turn", 1, func(ctx context.Context, p *peers.Peer) error {
		count := 0
		err := p.Walk(ctx, func() { count++ })
		return wantRows(count, shortList, err)
	}}
)

func wantRows(got, want int, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("%d rows, want %d", got, want)
	}
	return err
}

// measure measures a call of all peers, and adds it to the table.
func (c *comparison) measure(what measuring, all []*peers.Peer) error {
	var calls []measure.Call
	for _, peer := range all {
		calls = append(calls, func() error {
			if err := what.call(c.ctx, peer); err != nil {
				return fmt.Errorf("%s, %s: %w", what.name, peer.Name, err)
			}
			return nil
		})
	}
	count := 0
	for i := len(calls) - 1; i >= 0; i-- { // warm up each; the first peer sets the count
		var err error
		if count, err = measure.Count(c.sizes.fill, what.parallel, calls[i]); err != nil {
			return err
		}
	}
	costs, err := measure.Turns(c.sizes.turns, count, what.parallel, calls)
	if err != nil {
		return err
	}
	c.table.row(what.name, "CPU", duration, figures(costs, func(c measure.Cost) float64 { return float64(c.CPU) }))
	c.table.row("", "wall", duration, figures(costs, func(c measure.Cost) float64 { return float64(c.Wall) }))
	c.table.row("", "allocated", memory, figures(costs, func(c measure.Cost) float64 { return c.Bytes }))
	return nil
}

// figures returns one figure of every cost.
func figures[Cost any](costs [][]Cost, figure func(Cost) float64) [][]float64 {
	all := make([][]float64, len(costs))
	for i, turns := range costs {
		for _, cost := range turns {
			all[i] = append(all[i], figure(cost))
		}
	}
	return all
}
