package main

import (
	"fmt"
	"strings"
)

// id names a mutant without its line, so that it stays the same when other code moves.
func (m mutant) id() string {
	id := fmt.Sprintf("%s %s %s: %s → %s", m.file, m.in, m.kind, oneLine(m.before), oneLine(m.after))
	if m.nth > 1 {
		id += fmt.Sprintf(" (%d)", m.nth)
	}
	return id
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// parseEquivalent reads a list of mutants that behave like their original. Each is a line as the report prints it,
// without the number, and an indented line with the reason.
func parseEquivalent(list string) (map[string]bool, error) {
	reasons := map[string]bool{}
	last := ""
	for i, row := range strings.Split(list, "\n") {
		text := strings.TrimSpace(row)
		switch {
		case text == "" || strings.HasPrefix(row, "#"):
		case row[0] == '\t' || row[0] == ' ':
			if last == "" {
				return nil, fmt.Errorf("line %d: reason %q: a mutant must precede it", i+1, text)
			}
			reasons[last] = true
		default:
			if last != "" && !reasons[last] {
				return nil, fmt.Errorf("mutant %q: a reason is required", last)
			}
			last = text
			reasons[last] = false
		}
	}
	if last != "" && !reasons[last] {
		return nil, fmt.Errorf("mutant %q: a reason is required", last)
	}
	return reasons, nil
}

// withoutEquivalent drops the mutants that are in the list. It returns an error if an entry for one of files is stale.
func withoutEquivalent(all []mutant, files []string, list map[string]bool) ([]mutant, error) {
	stale := map[string]bool{}
	for id := range list {
		for _, file := range files {
			if strings.HasPrefix(id, file+" ") {
				stale[id] = true
			}
		}
	}
	var kept []mutant
	for _, m := range all {
		if _, equivalent := list[m.id()]; equivalent {
			delete(stale, m.id())
			continue
		}
		kept = append(kept, m)
	}
	for id := range stale {
		return nil, fmt.Errorf("equivalent mutant %q: there is no such mutant any more", id)
	}
	return kept, nil
}
