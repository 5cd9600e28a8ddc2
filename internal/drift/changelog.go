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

// A release is the last one, or the last commit before the first release.
type release struct {
	name  string
	spec  *specification
	noted string // its CHANGELOG.md
}

// lastRelease returns the last release, or nil. A folder without a repository has none.
func (c *check) lastRelease(ctx context.Context) (*release, error) {
	git := func(arguments ...string) (string, error) {
		command := exec.CommandContext(ctx, "git", arguments...) //nolint:gosec // this function has them
		command.Dir = c.module.dir
		out, err := command.Output()
		return strings.TrimSpace(string(out)), err
	}
	name, err := git("describe", "--tags", "--match=v*", "--abbrev=0")
	if err != nil {
		name = "HEAD"
	}
	text, err := git("show", name+":./"+specFile)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // see above
	}
	spec, err := readSpec([]byte(text))
	if err != nil {
		return nil, err
	}
	noted, err := git("show", name+":./"+changelogFile)
	if err != nil {
		noted = "" // it is a new file
	}
	return &release{name, spec, noted}, nil
}

// changelog demands that the new entries under "Unreleased" name what the specification has gained and lost since a release.
func (c *check) changelog(s *specification, last *release) error {
	text, err := os.ReadFile(filepath.Join(c.module.dir, changelogFile))
	if err != nil {
		return err
	}
	_, unreleased, _ := strings.Cut(string(text), "\n## [Unreleased]\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## [")
	known := strings.Split(last.noted, "\n")
	lines := slices.DeleteFunc(strings.Split(unreleased, "\n"), func(line string) bool { return slices.Contains(known, line) })
	code := strings.Join(regexp.MustCompile("`[^`]+`").FindAllString(strings.Join(lines, "\n"), -1), " ")
	words := regexp.MustCompile(`\w+`).FindAllString(plain(code), -1)
	calls, generated := c.callers(), c.module.packages[clientPackage]
	demand := func(of *specification, changed []name, why string) {
		for _, one := range changed {
			isOperation := of.hasOperation(one.name)
			if one.of == "" && !isOperation || slices.Contains(words, plain(one.name)) {
				continue
			}
			methods := calls[generated.types.Scope().Lookup(operation{id: one.name}.name())]
			if isOperation && namesAny(code, methods) {
				continue
			}
			c.add(changelogFile, "name "+strings.TrimPrefix(one.of+"."+one.name, ".")+` under "Unreleased"`, why, specFile, last.name)
		}
	}
	demand(s, s.names.since(last.spec.names), "%s lacks it in %s")
	demand(last.spec, last.spec.names.since(s.names), "%s has it in %s, and no more")
	return nil
}

// plain returns a text in which a name of the specification and that of the Go package are the same.
func plain(text string) string { return strings.ToLower(strings.ReplaceAll(text, "_", "")) }
