// Command prose checks the module's words by the rules of CONTRIBUTING.md: comments, messages, test names, documents,
// pages and the specification. It prints file:line: rule: text for each place that breaks a rule.
//
//	go run ./internal/prose            every file, but those of exempt.txt
//	go run ./internal/prose ./vingd    the files of a folder, or one file, exempt or not
//	go run ./internal/prose -count     the number of findings by folder, exempt or not
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

//go:embed exempt.txt
var exemptList string

func main() {
	count := flag.Bool("count", false, "print the number of findings by folder")
	flag.Parse()
	report, ok, err := run(os.DirFS("."), exemptList, flag.Args(), *count)
	if err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(2)
	}
	fmt.Print(report)
	if !ok {
		os.Exit(1)
	}
}

// run judges the files of tree. It returns what to print and whether the files keep the rules.
func run(tree fs.FS, exemptList string, only []string, count bool) (report string, ok bool, err error) {
	found, err := judgeTree(tree)
	if err != nil {
		return "", false, err
	}
	if count {
		return countTable(found), true, nil
	}
	if len(only) > 0 {
		found = slices.DeleteFunc(found, func(f finding) bool { return !within(f.file, only) })
	} else {
		found = exempt(found, exemptList)
	}
	for _, f := range found {
		report += f.String() + "\n"
	}
	return report, len(found) == 0, nil
}

// judgeTree returns the findings of every file below the root of tree, in the order of its names.
func judgeTree(tree fs.FS) ([]finding, error) {
	var found []finding
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch base := entry.Name(); {
			case base == "testdata", base == "node_modules", base == "generated":
				return fs.SkipDir
			case strings.HasPrefix(base, ".") && base != "." && base != ".ci":
				return fs.SkipDir
			}
			return nil
		}
		if !judged(name) {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		findings, err := judgeFile(name, source)
		found = append(found, findings...)
		return err
	})
	return found, err
}

func judged(name string) bool {
	switch path.Ext(name) {
	case ".go", ".md", ".html", ".yaml", ".yml", ".sql", ".js", ".mjs", ".mk":
		return true
	}
	return name == "Makefile" || name == ".ci/run"
}

func judgeFile(name string, source []byte) ([]finding, error) {
	text := string(source)
	var passages []passage
	switch path.Ext(name) {
	case ".go":
		return judgeGo(name, source)
	case ".md":
		passages = markdownPassages(text)
	case ".html":
		passages = htmlPassages(text)
	case ".yaml", ".yml":
		passages = yamlPassages(text)
	case ".sql":
		passages = linePassages(text, "--")
	case ".js", ".mjs":
		passages = linePassages(text, "//")
	default:
		passages = linePassages(text, "#")
	}
	var found []finding
	for _, p := range passages {
		found = append(found, judge(name, p)...)
	}
	return found, nil
}

// within reports whether a file is one of paths or below one of them.
func within(file string, paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		p = path.Clean(p)
		return p == "." || file == p || strings.HasPrefix(file, p+"/")
	})
}

// exempt drops the findings of the paths in list. A path is a file, or a folder without those below it. A path without
// a finding is a finding: it no longer belongs to the list.
func exempt(found []finding, list string) []finding {
	lines := map[string]int{}
	for i, row := range strings.Split(list, "\n") {
		if row = strings.TrimSpace(row); row != "" && !strings.HasPrefix(row, "#") {
			lines[row] = i + 1
		}
	}
	used := map[string]bool{}
	kept := slices.DeleteFunc(slices.Clone(found), func(f finding) bool {
		for _, p := range []string{f.file, path.Dir(f.file)} {
			if lines[p] > 0 {
				used[p] = true
				return true
			}
		}
		return false
	})
	for _, p := range slices.Sorted(maps.Keys(lines)) {
		if !used[p] {
			kept = append(kept, finding{"internal/prose/exempt.txt", lines[p], "exempt", p + " has no finding: delete the line"})
		}
	}
	return kept
}

// countTable returns a table of how often each folder breaks each rule.
func countTable(found []finding) string {
	rules := []string{"subject", "word", "pronoun", "length", "test name"}
	byFolder := map[string]map[string]int{"all": {}}
	for _, f := range found {
		folder := path.Dir(f.file)
		if byFolder[folder] == nil {
			byFolder[folder] = map[string]int{}
		}
		byFolder[folder][f.rule]++
		byFolder["all"][f.rule]++
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-36s", "folder")
	for _, rule := range rules {
		fmt.Fprintf(&out, "%10s", rule)
	}
	fmt.Fprintf(&out, "%10s\n", "all")
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		sum := 0
		fmt.Fprintf(&out, "%-36s", folder)
		for _, rule := range rules {
			fmt.Fprintf(&out, "%10d", byFolder[folder][rule])
			sum += byFolder[folder][rule]
		}
		fmt.Fprintf(&out, "%10d\n", sum)
	}
	return out.String()
}
