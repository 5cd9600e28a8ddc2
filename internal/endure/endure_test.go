package endure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestMakefile_Patterns holds each -run pattern of the Makefile to the tests of its package: it matches one at least.
func TestMakefile_Patterns(t *testing.T) {
	for _, p := range patterns(t) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(testsOf(t, p.dir))), p.tests.MatchString) {
			t.Errorf("Makefile: %s matches no test of %s", p.tests, p.dir)
		}
	}
}

// TestMakefile_EndureRunsEachWholeTest finds each test that asks for Whole, in a pattern of a line that sets VINGD_WHOLE.
func TestMakefile_EndureRunsEachWholeTest(t *testing.T) {
	found := 0
	for _, dir := range testFolders(t) {
		for name, test := range testsOf(t, dir) {
			if !asksForWhole(test) {
				continue
			}
			found++
			runs := func(p pattern) bool { return p.whole && p.dir == dir && p.tests.MatchString(name) }
			if !slices.ContainsFunc(patterns(t), runs) {
				t.Errorf("make endure does not run %s of %s, which asks for Whole", name, dir)
			}
		}
	}
	if found == 0 {
		t.Error("got no test that asks for Whole")
	}
}

// A pattern is one -run of the Makefile.
type pattern struct {
	whole bool // VINGD_WHOLE is set
	tests *regexp.Regexp
	dir   string
}

var runLine = regexp.MustCompile(`(?m)^\t(.*)go test .*-run '([^']+)'.* \./(\S+)$`)

func patterns(t *testing.T) (all []pattern) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range runLine.FindAllStringSubmatch(string(text), -1) {
		tests, err := regexp.Compile(strings.ReplaceAll(match[2], "$$", "$"))
		if err != nil {
			t.Fatal(err)
		}
		if tests.String() != "^$" && !strings.Contains(match[3], "...") {
			all = append(all, pattern{strings.Contains(match[1], "VINGD_WHOLE=1"), tests, match[3]})
		}
	}
	if len(all) == 0 {
		t.Fatal("the Makefile has no -run")
	}
	return all
}

// testFolders returns the folders with tests, by their paths in the module.
func testFolders(t *testing.T) []string {
	folders := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, "_test.go") {
			dir, _ := filepath.Rel(root, filepath.Dir(path)) // root is a prefix
			folders[filepath.ToSlash(dir)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(folders))
}

// testsOf returns the tests in a folder by their names.
func testsOf(t *testing.T, dir string) map[string]*ast.FuncDecl {
	tests := map[string]*ast.FuncDecl{}
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = f
			}
		}
	}
	return tests
}

// asksForWhole reports whether a test calls endure.Whole itself.
func asksForWhole(test *ast.FuncDecl) bool {
	asks := false
	ast.Inspect(test, func(n ast.Node) bool {
		if call, ok := n.(*ast.SelectorExpr); ok && call.Sel.Name == "Whole" {
			pkg, ok := call.X.(*ast.Ident)
			asks = asks || ok && pkg.Name == "endure"
		}
		return true
	})
	return asks
}
