package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// walk calls a function with each source file and document in some folders.
func (c *check) walk(folders []string, read func(path, text string)) error {
	root := os.DirFS(c.module.dir)
	for _, folder := range folders {
		err := fs.WalkDir(root, folder, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == folder {
				return nil
			}
			if err != nil {
				return err
			}
			if entry.IsDir() || !slices.Contains([]string{".go", ".sql", ".md", ".html", ".js", ".txtar"}, filepath.Ext(path)) {
				return nil
			}
			text, err := fs.ReadFile(root, path)
			read(path, string(text))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// texts demands that each text that lists values of an enum lists all of them. It is in an error message, a help text, a
// document, a test or a condition of the database.
func (c *check) texts(enums []enum) error {
	return c.walk([]string{"vingd", "sandbox", "cmd", "docs"}, func(path, text string) {
		if strings.Contains(path, "testdata/") {
			return
		}
		for _, e := range enums {
			c.listAllOrOne(path, text, e)
		}
	})
}

// lostOperations demands that no text names an operation that the specification has lost since a release.
func (c *check) lostOperations(s *specification, last *release) error {
	var lost []string
	for _, o := range last.spec.operations {
		if !s.hasOperation(o.id) {
			lost = append(lost, o.id)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	names := regexp.MustCompile(`\b(?:` + strings.Join(lost, "|") + `)\b`)
	return c.walk([]string{"README.md", "vingd", "sandbox", "cmd", "docs", "examples"}, func(path, text string) {
		for _, id := range names.FindAllString(text, -1) {
			c.add(path, "delete "+id+", or write its new name", "%s has it in %s, and no more", specFile, last.name)
		}
	})
}

// listAllOrOne demands that each list of an enum's values in a text, such as "add, use or revoke", has all of them. A list in a
// test may be an example, unless it lacks one value alone.
func (c *check) listAllOrOne(file, text string, e enum) {
	var values []string
	for _, value := range e.values {
		values = append(values, regexp.QuoteMeta(value))
	}
	value := `\b(?:` + strings.Join(values, "|") + `)\b`
	const separator = "[\"'`]*(?:\\s*[,|/]\\s*(?:or\\s+|and\\s+)?|\\s+or\\s+|\\s+and\\s+)[\"'`]*"
	for _, list := range regexp.MustCompile(value+"(?:"+separator+value+")+").FindAllString(text, -1) {
		listed := regexp.MustCompile(value).FindAllString(list, -1)
		if hasTwice(listed) || strings.HasSuffix(file, "_test.go") && len(listed) < len(e.values)-1 {
			continue
		}
		for _, value := range e.values {
			c.leave(!slices.Contains(listed, value), file+" "+strings.Join(listed, " ")+" without "+value, file,
				"list "+value+" in "+strings.Join(strings.Fields(list), " "), "the schema "+e.name+" has the value")
		}
	}
}

// hasTwice reports whether a word is in a list twice.
func hasTwice(words []string) bool {
	sorted := slices.Sorted(slices.Values(words))
	return len(slices.Compact(sorted)) < len(words)
}
