package main

import (
	"os"
	"path"
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
	change(t, dir, edits...)
	return dir
}

// change makes some edits in a folder.
func change(t *testing.T, dir string, edits ...edit) {
	t.Helper()
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
	if testing.Short() {
		t.Skip("it checks the tool, and compiles a module for each case")
	}
	for name, c := range map[string]struct {
		edit
		want []string
	}{
		"nothing": {edit{"go.mod", "go 1.26", "go 1.26"}, nil},
		"an operation before make generate": {edit{"api/vingd.yaml", "    post:", "    delete: {operationId: clearThings, responses: {}}\n    post:"},
			[]string{"generated/client: run make generate", "generated/server: run make generate"}},
		"an operation without a method": {edit{"vingd/things.go", "list(f) }", "}"},
			[]string{"vingd: write"}},
		"an operation that the table lacks": {edit{"docs/python.md", "Things.List", "Things.Lists"},
			[]string{"docs/python.md: name Things.List"}},
		"a field of a response that no result carries": {edit{"generated/client/client.go", "	Color string\n}\n\nfunc", "	Color, Shape string\n}\n\nfunc"},
			[]string{"vingd/things.go: read client.Thing.Shape"}},
		"a field of a request that is not sent": {edit{"generated/client/client.go", "NewThing struct{ Color string", "NewThing struct{ Color, Shape string"},
			[]string{"vingd/things.go: Create: set client.NewThing.Shape"}},
		"a filter that is not sent": {edit{"generated/client/client.go", "Since, Until int64", "Since, Until, First int64"},
			[]string{"vingd/things.go: list: set client.ThingFilter.First"}},
		"a filter that is not passed on": {edit{"vingd/things.go", "Since, Until int64", "Since, Until, First int64"},
			[]string{"vingd/things.go: count: read vingd.ThingFilter.First", "vingd/things.go: list: read vingd.ThingFilter.First", "cmd/vingd/internal/seller: set vingd.ThingFilter.First"}},
		"a filter that the sandbox does not read": {edit{"generated/server/server.go", "Since, Until *int64", "Since, Until, First *int64"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: read server.ListThingsParams.First", "sandbox/internal/brokerapi/things.go: logFilter: read server.ListThingsParams.First"}},
		"a filter that the broker is not given": {edit{"sandbox/internal/broker/broker.go", "Since, Until *int64", "Since, Until, First *int64"},
			[]string{
				"sandbox/internal/broker/broker.go: read broker.LogFilter.First", "sandbox/internal/broker/broker.go: read broker.ThingFilter.First",
				"sandbox/internal/brokerapi/things.go: ListThings: set broker.ThingFilter.First", "sandbox/internal/brokerapi/things.go: logFilter: set broker.LogFilter.First",
			}},
		"parameters that the sandbox ignores": {edit{"sandbox/internal/brokerapi/things.go", "broker.ThingFilter{Since: r.Params.Since, Until: r.Params.Until}", "broker.ThingFilter{}"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: read ListThingsRequestObject.Params"}},
		"a field of a response that the sandbox lacks": {edit{"generated/server/server.go", "	Color string\n", "	Color, Shape string\n"},
			[]string{"sandbox/internal/brokerapi/things.go: ListThings: set server.Thing.Shape"}},
		"a field of a request that the sandbox ignores": {edit{"generated/server/server.go", "NewThing struct{ Color string", "NewThing struct{ Color, Shape string"},
			[]string{"sandbox/internal/brokerapi/things.go: read server.NewThing.Shape"}},
		"an operation that the sandbox does not serve": {edit{"sandbox/internal/brokerapi/things.go", "CreateThing(", "MakeThing("},
			[]string{"sandbox/internal/brokerapi: write the method CreateThing of handlers"}},
		"a sandbox that does not compile": {edit{"sandbox/internal/brokerapi/things.go", ") string {", ") int {"},
			[]string{"sandbox/internal/brokerapi/things.go: line 20: cannot use broker.Create"}},
		"a field of a result that nothing sets": {edit{"vingd/things.go", "Thing{ID: t.ID, Color: t.Color}", "Thing{ID: t.ID + int64(len(t.Color))}"},
			[]string{"vingd/things.go: thing: set vingd.Thing.Color"}},
		"an argument that is not sent": {edit{"vingd/things.go", "ThingParams struct{ Color string", "ThingParams struct{ Color, Shape string"},
			[]string{"vingd/things.go: Create: read vingd.ThingParams.Shape", "vingd/things.go: Reconcile: read vingd.ThingParams.Shape", "vingd/things.go: read vingd.ThingParams.Shape", "cmd/vingd/internal/seller: set vingd.ThingParams.Shape"}},
		"a value without a constant": {edit{"api/vingd.yaml", "[calm, wild]", "[calm, wild, sad]"},
			[]string{`vingd: declare a constant of Mood for "sad"`, "vingd/things.go: list sad in calm or wild", `cmd/vingd/internal/seller/kinds_test.go: list sad in calm", "wild`}},
		"a constant without a value": {edit{"api/vingd.yaml", "[calm, wild]", "[calm, sad]"},
			[]string{`vingd: declare a constant of Mood for "sad"`, `vingd: delete the constant Wild`}},
		"values of which a test lists two for an example": {edit{"api/vingd.yaml", "[calm, wild]", "[calm, wild, sad, mad]"},
			[]string{`vingd: declare a constant of Mood for "mad"`, `vingd: declare a constant of Mood for "sad"`, "vingd/things.go: list mad", "vingd/things.go: list sad"}},
		"values without a type": {edit{"api/vingd.yaml", "    Mood:", "    Size: {type: string, enum: [big, small]}\n    Mood:"},
			[]string{"vingd: declare a type for Size"}},
		"a constant that a function leaves out": {edit{"vingd/things.go", `	Wild Mood = "wild"`, `	Wild, Sad Mood = "wild", "sad"`},
			[]string{"vingd: delete the constant Sad", "vingd/things.go: known: name vingd.Sad", "vingd/things.go: names: name vingd.Sad"}},
		"a new thing with a field that the broker ignores": {edit{"sandbox/internal/broker/broker.go", "NewThing struct{ Color", "NewThing struct{ Shape, Color"},
			[]string{"sandbox/internal/broker/broker.go: read broker.NewThing.Shape", "sandbox/internal/brokerapi/things.go: CreateThing: set broker.NewThing.Shape"}},
		"a POST that the client retries": {edit{"vingd/things.go", `"createThing", kind: unsafe`, `"createThing", kind: safe`},
			[]string{"vingd/things.go: give createThing the kind unsafe"}},
		"a call that is not retried, without a Reconcile": {edit{"vingd/things.go", "Reconcile(", "Settle("},
			[]string{"vingd/things.go: write Things.Reconcile"}},
		"a call that the table of outcomes lacks": {edit{"docs/outcomes.md", "Things.Create", "Things.Created"},
			[]string{"docs/outcomes.md: name Things.Create"}},
		"a call that the package comment lacks": {edit{"vingd/doc.go", "Things.Create", "Things.Created"},
			[]string{"vingd/doc.go: name Things.Create"}},
		"a call that the command lacks": {edit{"cmd/vingd/internal/seller/things.go", "client.Things.Create(vingd.ThingParams{Color: color})", "_ = vingd.ThingParams{Color: color}"},
			[]string{"cmd/vingd/internal/seller: call Things.Create"}},
		"a filter by a time without a comparison": {edit{"api/vingd.yaml", `x-bound: ">", `, ""},
			[]string{"api/vingd.yaml: give since an x-bound"}},
		"a filter by a number without a comparison": {edit{"api/vingd.yaml", "{$ref: '#/components/schemas/Count'}}", "{type: integer}}"},
			[]string{"api/vingd.yaml: give first an x-bound"}},
		"an exception that nothing needs": {edit{leftOutFile, "# Nothing.", "vingd client.Thing.Color: a reason"},
			[]string{leftOutFile + ": delete the line of vingd client.Thing.Color"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tasksAfter(t, c.edit)
			for _, want := range c.want {
				if !slices.ContainsFunc(got, func(task string) bool { return strings.HasPrefix(task, want) }) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			for _, task := range got {
				if !slices.ContainsFunc(c.want, func(want string) bool { return strings.HasPrefix(task, want) }) {
					t.Errorf("got %q as well, want no more than %q", task, c.want)
				}
			}
		})
	}
}

// The rest of make drift are tests, which run anyway.
func TestModule_HasNoDrift(t *testing.T) {
	tasks, err := drift(t.Context(), filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		t.Errorf("%s: %s: %s", task.file, task.what, task.why)
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

func TestRunTests(t *testing.T) {
	if testing.Short() {
		t.Skip("it checks the tool, and compiles a module for each case")
	}
	const (
		filters = "sandbox/filters_test.go"
		tables  = "sandbox/internal/brokerapi/tables_test.go"
		spec    = "api/api_test.go"
		kinds   = "cmd/vingd/internal/seller/kinds_test.go"
		model   = "sandbox/modeltest/steps_test.go"
	)
	for name, c := range map[string]struct {
		edit
		want []task
	}{
		"nothing": {edit{filters, "(t *testing.T) {", "(t *testing.T) {"}, nil},
		"a filter that does not narrow": {edit{filters, "TestFilter_Narrows(t *testing.T) {", `TestFilter_Narrows(t *testing.T) { t.Error("since: narrows nothing")`},
			[]task{{"sandbox/filters_test.go", "since: narrows nothing", "TestFilter_Narrows fails"}}},
		"a table that lacks a filter": {edit{tables, "TestTables(t *testing.T) {", `TestTables(t *testing.T) { t.Error("no rule of since")`},
			[]task{{"sandbox/internal/brokerapi/tables_test.go", "no rule of since", "TestTables fails"}}},
		"a field that the command does not print": {edit{kinds, "FieldNames(t *testing.T) {", `FieldNames(t *testing.T) { t.Error("Thing: color is missing")`},
			[]task{{"cmd/vingd/internal/seller/kinds_test.go", "Thing: color is missing", "TestContract_FieldNames fails"}}},
		"a field that the model lacks": {edit{model, "OneAtATime(t *testing.T) {", `OneAtATime(t *testing.T) { t.Error("[rapid] draw"); t.Error("color is missing")`},
			[]task{{"sandbox/modeltest/steps_test.go", "color is missing", "TestModel_OneAtATime fails"}}},
		"a specification that breaks a rule": {edit{spec, "TestSpec(t *testing.T) {", `TestSpec(t *testing.T) { t.Error("no example")`},
			[]task{{"api/api_test.go", "no example", "TestSpec fails"}}},
		"a test that says the same twice, and more in a second line": {edit{spec, "TestSpec(t *testing.T) {", "TestSpec(t *testing.T) { for range 2 { t.Error(`got 1\nwant 2`) }"},
			[]task{{"api/api_test.go", "got 1, want 2", "TestSpec fails"}}},
		"a test that panics": {edit{spec, "TestSpec(t *testing.T) {", `TestSpec(t *testing.T) { panic("oh")`},
			[]task{{"api", "run go test ./api", "TestSpec fails"}}},
		"no test of the filters": {edit{filters, "TestFilter_Narrows(", "TestFilters("},
			[]task{{"sandbox", "write a test named ^Test(Contract_|Filter_)", "a test of make drift is missing"}}},
		"tests that do not compile": {edit{filters, "TestFilter_Narrows(t *testing.T) {", "TestFilter_Narrows(t *testing.T) { x"},
			[]task{{"sandbox/filters_test.go", "make it compile, and run make drift again", "tests need it: line 5:41: undefined: x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := runTests(t.Context(), sampleAfter(t, c.edit), []string{path.Dir(c.file)})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// The tests of a folder cannot run if they need a package of another folder that does not compile. Drift says so.
func TestTasksIn_TestsThatCannotRun(t *testing.T) {
	dir := sampleAfter(t, edit{"vingd/things.go", "func ", "func broken() int { return true }\n\nfunc "})
	got, err := tasksIn(t.Context(), dir, []string{"./cmd/vingd"})
	if err != nil || !slices.ContainsFunc(got, func(t task) bool { return t.file == "vingd/things.go" }) {
		t.Errorf("got %q, %v; want a task in vingd/things.go", got, err)
	}
}

func TestWithin_KeepsTheFoldersThatAreAskedFor(t *testing.T) {
	all := []task{{file: "api"}, {file: "sandbox/internal/broker/x.go"}, {file: "vingd"}, {file: "vingd/x.go"}, {file: "vingdtest"}}
	for folders, want := range map[string][]task{
		"":              all,
		"./vingd":       all[2:4],
		"vingd/":        all[2:4],
		"./vingd ./api": {all[0], all[2], all[3]},
	} {
		if got := within(slices.Clone(all), strings.Fields(folders)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", folders, got, want)
		}
	}
	got, err := runTests(t.Context(), sampleAfter(t, edit{"api/api_test.go", "TestSpec(t *testing.T) {", "TestSpec(t *testing.T) { t.Fail()"}), []string{"./docs"})
	if err != nil || len(got) > 0 {
		t.Errorf("got %q, %v of the tests outside ./docs, want nothing", got, err)
	}
}
