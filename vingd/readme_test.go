package vingd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents returns the text of each document of the module by its path from here.
func documents(t *testing.T) map[string]string {
	texts := map[string]string{}
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../benchmarks/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
	}
	return texts
}

// TestDocuments_GoCode finds the Go code of the documents in the examples, here and in examples/, which the tests compile.
func TestDocuments_GoCode(t *testing.T) {
	var sources []string
	for _, pattern := range []string{"example*_test.go", "vingdtest/example*_test.go", "paywall/example*_test.go", "../examples/*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, unindented(string(source)))
		}
	}
	withCode := 0
	for path, text := range documents(t) {
		blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(text, -1)
		if len(blocks) > 0 {
			withCode++
		}
		for _, block := range blocks {
			if !slices.ContainsFunc(sources, func(source string) bool { return strings.Contains(source, unindented(block[1])) }) {
				t.Errorf("no example has this code of %s:\n%s", path, block[1])
			}
		}
	}
	if withCode < 2 {
		t.Errorf("got Go code in %d documents, want 2 at least", withCode)
	}
}

// unindented returns code without its indentation.
func unindented(code string) string {
	return regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(code, "")
}

var (
	documentLink = regexp.MustCompile(`\]\(([^)#:\s]*)(#[^)\s]*)?\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestDocuments_Links follows each link of the documents to a file, and to a heading if the link names one.
func TestDocuments_Links(t *testing.T) {
	texts := documents(t)
	links := 0
	for path, text := range texts {
		for _, link := range documentLink.FindAllStringSubmatch(text, -1) {
			links++
			target := path
			if link[1] != "" {
				target = filepath.Join(filepath.Dir(path), link[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if link[2] != "" && !slices.Contains(anchors(texts[target]), link[2]) {
				t.Errorf("%s: link to %s%s: no such heading", path, link[1], link[2])
			}
		}
	}
	if links == 0 {
		t.Error("got no link in the documents")
	}
}

// anchors returns the names of the headings of a document, as GitHub makes them.
func anchors(text string) []string {
	var names []string
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(match[1]), "")
		names = append(names, "#"+strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// TestDocuments_Reachable follows the links from README.md: each document in docs/ can be reached.
func TestDocuments_Reachable(t *testing.T) {
	texts := documents(t)
	reached := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		if reached[path] {
			return
		}
		reached[path] = true
		for _, link := range documentLink.FindAllStringSubmatch(texts[path], -1) {
			visit(filepath.Join(filepath.Dir(path), link[1]))
		}
	}
	visit("../README.md")
	for path := range texts {
		if !reached[path] {
			t.Errorf("no link leads from README.md to %s", path)
		}
	}
}
