package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An edit replaces a text in a file.
type edit struct{ file, from, to string }

// sampleAfter returns a copy of testdata/sample, which the specification has reached in full, after some edits.
func sampleAfter(t *testing.T, edits ...edit) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/sample")); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		path := filepath.Join(dir, filepath.FromSlash(e.file))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), e.from) {
			t.Fatalf("%s does not hold %q", e.file, e.from)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), e.from, e.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tasksAfter returns the tasks of that copy.
func tasksAfter(t *testing.T, edits ...edit) []string {
	t.Helper()
	tasks, err := drift(t.Context(), sampleAfter(t, edits...))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, task := range tasks {
		texts = append(texts, task.file+": "+task.what)
	}
	return texts
}

func TestDrift(t *testing.T) {
	for name, c := range map[string]struct {
		edit
		want []string
	}{
		"nothing": {edit{"go.mod", "go 1.26", "go 1.26"}, nil},
		"an operation before make generate": {edit{"api/vingd.yaml", "    post:", "    delete: {operationId: clearThings, responses: {}}\n    post:"},
			[]string{"generated/client: run make generate", "generated/server: run make generate"}},
		"an operation without a method": {edit{"vingd/things.go", "list(f) }", "}"},
			[]string{"docs/python.md: name client.Things.List", "vingd: write"}},
		"an operation that the table lacks": {edit{"docs/python.md", "Things.List", "Things.Lists"},
			[]string{"docs/python.md: name client.Things.List"}},
		"a field of a response that no result carries": {edit{"generated/client/client.go", "	Color string\n}\n\nfunc", "	Color, Shape string\n}\n\nfunc"},
			[]string{"vingd/things.go: read client.Thing.Shape"}},
		"a field of a request that is not sent": {edit{"generated/client/client.go", "NewThing struct{ Color string", "NewThing struct{ Color, Shape string"},
			[]string{"vingd/things.go: Create: set client.NewThing.Shape"}},
		"a filter that is not sent": {edit{"generated/client/client.go", "Since, Until int64", "Since, Until, First int64"},
			[]string{"vingd/things.go: list: set client.ThingFilter.First"}},
		"a filter that is not passed on": {edit{"vingd/things.go", "Since, Until int64", "Since, Until, First int64"},
			[]string{"vingd/things.go: count: read vingd.ThingFilter.First", "vingd/things.go: list: read vingd.ThingFilter.First", "cmd/vingd/internal/seller: set vingd.ThingFilter.First"}},
		"a filter that the sandbox does not read": {edit{"generated/server/server.go", "Since, Until *int64", "Since, Until, First *int64"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: read server.ListThingsParams.First"}},
		"a filter that the broker is not given": {edit{"sandbox/internal/broker/broker.go", "Since, Until *int64", "Since, Until, First *int64"},
			[]string{"sandbox/internal/broker/broker.go: read broker.ThingFilter.First", "sandbox/internal/brokerapi/things.go: ListThings: set broker.ThingFilter.First"}},
		"parameters that the sandbox ignores": {edit{"sandbox/internal/brokerapi/things.go", "broker.ThingFilter{Since: r.Params.Since, Until: r.Params.Until}", "broker.ThingFilter{}"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: read ListThingsRequestObject.Params"}},
		"a field of a response that the sandbox lacks": {edit{"generated/server/server.go", "	Color string\n", "	Color, Shape string\n"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: set server.Thing.Shape"}},
		"a field of a request that the sandbox ignores": {edit{"generated/server/server.go", "NewThing struct{ Color string", "NewThing struct{ Color, Shape string"},
			[]string{"sandbox/internal/brokerapi: read server.NewThing.Shape", "sandbox/internal/brokerapi/things.go: read server.NewThing.Shape"}},
		"an operation that the sandbox does not serve": {edit{"sandbox/internal/brokerapi/things.go", "CreateThing(", "MakeThing("},
			[]string{"sandbox/internal/brokerapi: write the method CreateThing of handlers"}},
		"a sandbox that does not compile": {edit{"sandbox/internal/brokerapi/things.go", ") string {", ") int {"},
			[]string{"sandbox/internal/brokerapi/things.go: line 16: cannot use r.Body.Color"}},
		"an exception that nothing needs": {edit{leftOutFile, "# Nothing.", "vingd client.Thing.Color: a reason"},
			[]string{leftOutFile + ": delete the line of vingd client.Thing.Color"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tasksAfter(t, c.edit)
			if len(c.want) == 0 && len(got) > 0 {
				t.Errorf("got %q, want nothing", got)
			}
			if len(c.want) > 0 && !slices.ContainsFunc(got, func(task string) bool {
				return slices.ContainsFunc(c.want, func(want string) bool { return strings.HasPrefix(task, want) })
			}) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, task := range got {
				if !slices.ContainsFunc(c.want, func(want string) bool { return strings.HasPrefix(task, want) }) {
					t.Errorf("got %q as well, want no more than %q", task, c.want)
				}
			}
		})
	}
}

func TestDrift_LeftOut(t *testing.T) {
	got := tasksAfter(t,
		edit{leftOutFile, "# Nothing.", "vingd client.Thing.Shape: it is for the frontend only"},
		edit{"generated/client/client.go", "	Color string\n}\n\nfunc", "	Color, Shape string\n}\n\nfunc"})
	if len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestNarrowing(t *testing.T) {
	for name, c := range map[string]struct {
		to   string
		want []task
	}{
		"nothing":                       {"TestFilter_Narrows(t *testing.T) {}", nil},
		"a filter that does not narrow": {`TestFilter_Narrows(t *testing.T) { t.Error("since: narrows nothing") }`, []task{{"sandbox", "since: narrows nothing", "TestFilter_Narrows fails"}}},
		"no test of the filters":        {"TestFilters(t *testing.T) {}", []task{{"sandbox", "write TestFilter_Narrows", "nothing holds that filters narrow a list of the sandbox"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := narrowing(t.Context(), sampleAfter(t, edit{"sandbox/filters_test.go", "TestFilter_Narrows(t *testing.T) {}", c.to}))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}
