package vingd_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const facade = "github.com/vingd/vingd-api-go/vingd"

// A program that imports the facade links no package for tests, servers, databases or the specification.
func TestImports_OwnModuleOnly(t *testing.T) {
	want := []string{
		"github.com/vingd/vingd-api-go/generated/client",
		"github.com/vingd/vingd-api-go/internal/jsonread",
		"github.com/vingd/vingd-api-go/internal/rest",
		"github.com/vingd/vingd-api-go/vingd",
	}
	var got []string
	for _, path := range goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", facade) {
		if path != "" {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("it links %q,\nwant     %q", got, want)
	}
	for _, path := range goList(t, "-deps", facade) {
		if slices.Contains([]string{"testing", "flag", "database/sql", "html/template", "net/http/httptest"}, path) {
			t.Errorf("it links %s", path)
		}
	}
}

// The facade exports no generated type, and no type of another module.
func TestSurface_NoGeneratedType(t *testing.T) {
	files := map[string]string{} // of what the compiler exports, by package
	for _, line := range goList(t, "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", facade) {
		path, file, _ := strings.Cut(line, " ")
		files[path] = file
	}
	read := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	pkg, err := read.Import(facade)
	if err != nil {
		t.Fatal(err)
	}
	walk := surface{t: t, seen: map[types.Type]bool{}}
	for _, name := range pkg.Scope().Names() {
		if object := pkg.Scope().Lookup(name); object.Exported() {
			walk.visit(name, object.Type())
		}
	}
	if len(walk.seen) < 50 {
		t.Errorf("only %d types are seen: the walk does not reach what it must", len(walk.seen))
	}
}

// surface is what a package shows of itself.
type surface struct {
	t    *testing.T
	seen map[types.Type]bool
}

// visit follows a type to all that a user of it can name or reach.
func (s surface) visit(place string, of types.Type) {
	if of == nil || s.seen[of] {
		return
	}
	s.seen[of] = true
	switch of := of.(type) {
	case *types.Alias:
		s.visit(place, types.Unalias(of))
	case *types.Named:
		s.visitNamed(place, of)
	case *types.Pointer:
		s.visit(place, of.Elem())
	case *types.Map:
		s.visit(place, of.Key())
		s.visit(place, of.Elem())
	case *types.Signature:
		s.visit(place, of.Params())
		s.visit(place, of.Results())
	case *types.Tuple:
		for variable := range of.Variables() {
			s.visit(place, variable.Type())
		}
	case *types.Struct:
		for field := range of.Fields() {
			if field.Exported() || field.Embedded() {
				s.visit(place+"."+field.Name(), field.Type())
			}
		}
	case *types.Interface:
		for method := range of.Methods() {
			s.visit(place+"."+method.Name(), method.Type())
		}
	case interface{ Elem() types.Type }: // slices, arrays and channels
		s.visit(place, of.Elem())
	}
}

// visitNamed follows a type of the facade's own. One of the standard library ends the way; any other type must not be exported.
func (s surface) visitNamed(place string, of *types.Named) {
	for argument := range of.TypeArgs().Types() {
		s.visit(place, argument)
	}
	home := of.Obj().Pkg()
	switch {
	case home == nil || !strings.Contains(home.Path(), "."):
		return
	case home.Path() != facade:
		s.t.Errorf("%s: shows %s", place, of)
		return
	}
	s.visit(place, of.Underlying())
	for method := range of.Methods() {
		if method.Exported() {
			s.visit(place+"."+method.Name(), method.Type())
		}
	}
}

// goList returns the lines that go list prints.
func goList(t *testing.T, arguments ...string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
