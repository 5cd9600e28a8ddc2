package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const changelogFile = "CHANGELOG.md"

// A name is that of an operation or a schema, or of something within it: a parameter, a field or a value.
type name struct{ of, name string }

// names are the names of a specification.
type names map[name]bool

func (n names) add(of, text string) { n[name{of, text}] = true }

// since returns the names that an earlier specification lacks, without those of what is new itself.
func (n names) since(earlier names) (added []name) {
	for one := range n {
		if !earlier[one] && (one.of == "" || earlier[name{"", one.of}]) {
			added = append(added, one)
		}
	}
	return added
}

// changelog demands that the entries under "Unreleased" name what is new in the specification since the last release. Before
// the first one, that is since the last commit, and its entries do not count. A folder without a repository has no earlier
// specification.
func (c *check) changelog(ctx context.Context, s *specification) error {
	git := func(arguments ...string) (string, error) {
		command := exec.CommandContext(ctx, "git", arguments...) //nolint:gosec // this function has them
		command.Dir = c.module.dir
		out, err := command.Output()
		return strings.TrimSpace(string(out)), err
	}
	release, err := git("describe", "--tags", "--match=v*", "--abbrev=0")
	if err != nil {
		release = "HEAD"
	}
	before, err := git("show", release+":./"+specFile)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	earlier, err := readSpec([]byte(before))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(c.module.dir, changelogFile))
	if err != nil {
		return err
	}
	_, unreleased, _ := strings.Cut(string(text), "\n## [Unreleased]\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## [")
	noted, err := git("show", release+":./"+changelogFile)
	if err != nil {
		noted = "" // it is a new file
	}
	known := strings.Split(noted, "\n")
	lines := slices.DeleteFunc(strings.Split(unreleased, "\n"), func(line string) bool { return slices.Contains(known, line) })
	code := strings.Join(regexp.MustCompile("`[^`]+`").FindAllString(strings.Join(lines, "\n"), -1), " ")
	words := regexp.MustCompile(`\w+`).FindAllString(plain(code), -1)
	calls, generated := c.callers(), c.module.packages[clientPackage]
	for _, one := range s.names.since(earlier.names) {
		isOperation := slices.ContainsFunc(s.operations, func(o operation) bool { return o.id == one.name })
		if one.of == "" && !isOperation || slices.Contains(words, plain(one.name)) {
			continue
		}
		methods := calls[generated.types.Scope().Lookup(operation{id: one.name}.name())]
		if isOperation && namesAny(code, methods) {
			continue
		}
		c.add(changelogFile, "name "+strings.TrimPrefix(one.of+"."+one.name, ".")+` under "Unreleased"`, "%s lacks it in %s", specFile, release)
	}
	return nil
}

// plain returns a text in which a name of the specification and that of the Go package are the same.
func plain(text string) string { return strings.ToLower(strings.ReplaceAll(text, "_", "")) }
