package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// texts demands that each text that lists values of an enum lists all of them. It is in an error message, a help text, a
// document, a test or a condition of the database.
func (c *check) texts(enums []enum) error {
	root := os.DirFS(c.module.dir)
	for _, folder := range []string{"vingd", "sandbox", "cmd", "docs"} {
		err := fs.WalkDir(root, folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if !slices.Contains([]string{".go", ".sql", ".md", ".html", ".js"}, filepath.Ext(path)) {
				return nil
			}
			text, err := fs.ReadFile(root, path)
			for _, e := range enums {
				c.listAllOrOne(path, string(text), e)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
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
