package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// committed makes a repository of a folder, with one commit, and a tag if it is not empty.
func committed(t *testing.T, dir, tag string) {
	t.Helper()
	calls := [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "sample"}}
	if tag != "" {
		calls = append(calls, []string{"tag", tag})
	}
	for _, arguments := range calls {
		command := exec.CommandContext(t.Context(), "git", arguments...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", arguments, err, out)
		}
	}
}

func TestChangelog(t *testing.T) {
	if testing.Short() {
		t.Skip("it checks the tool, and compiles a module for each case")
	}
	const changelog, spec = "CHANGELOG.md", "api/vingd.yaml"
	filter := edit{spec, "{name: first,", "{name: max_size, in: query, x-kvpath: true, schema: {type: string}}\n        - {name: first,"}
	operation := edit{spec, "    post:", "    delete: {operationId: clearThings, responses: {}}\n    post:"}
	method := edit{"generated/client/client.go", "func ListThings", "func ClearThings() {}\n\nfunc ListThings"}
	calls := edit{"vingd/things.go", "func (s *ThingService) List", "func (s *ThingService) Clear() { client.ClearThings() }\n\nfunc (s *ThingService) List"}
	for name, c := range map[string]struct {
		edits []edit
		want  []string
	}{
		"nothing":                        {nil, nil},
		"a filter":                       {[]edit{filter}, []string{"listThings.max_size"}},
		"a value":                        {[]edit{{spec, "[calm, wild]", "[calm, wild, sad]"}}, []string{"Mood.sad"}},
		"an operation":                   {[]edit{operation}, []string{"clearThings"}},
		"a filter by its name":           {[]edit{filter, {changelog, "one color", "one size: `max_size`"}}, nil},
		"a filter by its name in Go":     {[]edit{filter, {changelog, "one color", "one size: `Filter.MaxSize`"}}, nil},
		"an operation by its method":     {[]edit{operation, method, calls, {changelog, "`Things.List`", "`Things.Clear`"}}, nil},
		"a word of an earlier entry":     {[]edit{{spec, "{name: first,", "{name: color, in: query, x-kvpath: true, schema: {type: string}}\n        - {name: first,"}}, []string{"listThings.color"}},
		"a word that is no code":         {[]edit{filter, {changelog, "one color", "one max_size"}}, []string{"listThings.max_size"}},
		"an entry of a release":          {[]edit{filter, {changelog, "makes one", "takes `max_size`"}}, []string{"listThings.max_size"}},
		"a value that is lost":           {[]edit{{spec, "[calm, wild]", "[calm]"}}, []string{"Mood.wild"}},
		"an operation with another name": {[]edit{{spec, "operationId: listThings", "operationId: readThings"}}, []string{"listThings", "readThings"}},
		"a schema with its fields":       {[]edit{{spec, "    Mood:", "    Size: {type: object, properties: {width: {type: integer}}}\n    Mood:"}}, nil},
		"a field of a known schema":      {[]edit{{spec, "Count: {type: integer}", "Count: {type: integer, properties: {width: {type: integer}}}"}}, []string{"Count.width"}},
	} {
		for _, tag := range []string{"", "v0.1.0"} {
			t.Run(name+" "+tag, func(t *testing.T) {
				t.Parallel()
				dir := sampleAfter(t)
				committed(t, dir, tag)
				change(t, dir, c.edits...)
				if tag != "" {
					committed(t, dir, "") // a commit after the release
				}
				tasks, err := drift(t.Context(), dir)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, task := range tasks {
					if what, _, ok := strings.Cut(strings.TrimPrefix(task.what, "name "), ` under "Unreleased"`); ok && task.file == changelog {
						got = append(got, what)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}
}

func TestLostOperations(t *testing.T) {
	dir := sampleAfter(t)
	change(t, dir, edit{"docs/python.md", "Things.List", "`listThings`, Things.List"})
	committed(t, dir, "")
	change(t, dir, edit{"api/vingd.yaml", "operationId: listThings", "operationId: readThings"})
	tasks, err := drift(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := task{"docs/python.md", "delete listThings, or write its new name", "api/vingd.yaml has it in HEAD, and no more"}
	if !slices.Contains(tasks, want) {
		t.Errorf("got %+v, want %+v among them", tasks, want)
	}
}

func TestFolder_Longest(t *testing.T) {
	c := contract{folders: []string{"vingd", "cmd/vingd"}}
	if got := c.folder("example.com/m/cmd/vingd"); got != "cmd/vingd" {
		t.Errorf("got %s", got)
	}
}
