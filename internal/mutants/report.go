package main

import (
	"fmt"
	"io"
	"strings"
)

// A report counts results, by kind of mutant, and keeps the mutants that were not killed.
type report struct {
	counts map[string]map[result]int
	notes  []string
}

func (r *report) add(m mutant, got result) {
	if r.counts[m.kind] == nil {
		r.counts[m.kind] = map[result]int{}
	}
	r.counts[m.kind][got]++
	if got == survived || got == hung {
		name, rest, _ := strings.Cut(m.id(), " ")
		r.notes = append(r.notes, fmt.Sprintf("%s: %s:%d %s", got, name, m.line, rest))
	}
}

// sum returns how many mutants of all kinds have one of results.
func (r *report) sum(results ...result) int {
	n := 0
	for _, byResult := range r.counts {
		for _, one := range results {
			n += byResult[one]
		}
	}
	return n
}

func (r *report) tried() int { return r.sum(killed, killedByUser, hung, survived) }

// write writes the table and the survivors, and returns whether the threshold is reached.
func (r *report) write(out io.Writer, title string, threshold int) (bool, error) {
	columns := []result{killed, killedByUser, hung, survived, notCompiling}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n", title)
	fmt.Fprintf(&text, "%-10s", "kind")
	for _, c := range columns {
		fmt.Fprintf(&text, "%15s", c)
	}
	row := func(name string, count func(result) int) {
		fmt.Fprintf(&text, "\n%-10s", name)
		for _, c := range columns {
			fmt.Fprintf(&text, "%15d", count(c))
		}
	}
	for _, kind := range kinds {
		row(kind, func(c result) int { return r.counts[kind][c] })
	}
	row("all", func(c result) int { return r.sum(c) })
	text.WriteString("\n")
	for _, note := range r.notes {
		fmt.Fprintln(&text, note)
	}
	noticed, tried := r.sum(killed, killedByUser, hung), r.tried()
	fmt.Fprintf(&text, "noticed: %d of %d (%d %%), at least %d %% required\n", noticed, tried, noticed*100/max(1, tried), threshold)
	_, err := io.WriteString(out, text.String())
	return tried > 0 && noticed*100 >= threshold*tried, err
}
