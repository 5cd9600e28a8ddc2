package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vingd/vingd-api-go/benchmarks/measure"
)

// table prints ratios to the first peer.
type table struct {
	out   io.Writer
	names []string
}

func newTable(out io.Writer, names []string) *table {
	t := &table{out, names}
	t.line("", "", names[0], names[1:])
	return t
}

// section begins a part of the table.
func (t *table) section(name string) { _, _ = fmt.Fprintf(t.out, "%s\n", name) }

// row adds the costs of a call. It prints the median of the turns for the first peer. For the others it prints the median of
// their ratios to the first in the same turn.
func (t *table) row(name, what string, format func(float64) string, costs [][]float64) {
	var others []string
	for _, turns := range costs[1:] {
		ratios := make([]float64, len(turns))
		for i := range turns {
			ratios[i] = turns[i] / costs[0][i]
		}
		others = append(others, ratio(measure.Median(ratios)))
	}
	t.line(name, what, format(measure.Median(costs[0])), others)
}

func (t *table) line(name, what, first string, others []string) {
	_, _ = fmt.Fprintf(t.out, "  %-25s  %-11s  %13s", name, what, first)
	for i, other := range others {
		_, _ = fmt.Fprintf(t.out, "  %*s", max(len(t.names[i+1]), 6), other)
	}
	_, _ = fmt.Fprintln(t.out)
}

// ratio formats r with two significant digits.
func ratio(r float64) string {
	decimals := 2
	for small := 0.0995; r > 0 && r < small && decimals < 5; small /= 10 {
		decimals++
	}
	return strconv.FormatFloat(r, 'f', decimals, 64)
}

func duration(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d < 100*time.Microsecond:
		d = d.Round(100 * time.Nanosecond)
	case d < 100*time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	default:
		d = d.Round(time.Millisecond)
	}
	return d.String()
}

func memory(bytes float64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.1f KiB", bytes/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", bytes/(1<<20))
}
