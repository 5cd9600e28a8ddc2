package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A module holds the packages of the module, type-checked from source without their tests.
type module struct {
	dir      string
	path     string
	fset     *token.FileSet
	packages map[string]*goPackage // by their path below the module's, such as "vingd"
}

// A goPackage is one package of the module. It need not compile.
type goPackage struct {
	files  []*ast.File
	types  *types.Package
	info   *types.Info
	errors []types.Error
}

// listed is the output of go list for a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Export     string
	Module     *struct {
		Path string
		Main bool
	}
}

// load reads the packages of the module in a folder that the specification reaches.
func load(ctx context.Context, dir string) (*module, error) {
	command := exec.CommandContext(ctx, "go", "list", "-e", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export,Module",
		"./generated/...", "./vingd/...", "./sandbox/...", "./cmd/...", "./examples/...")
	command.Dir = dir
	var failure bytes.Buffer
	command.Stderr = &failure
	out, err := command.Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("go list: %w: %s", err, failure.String())
	}
	m := &module{dir: dir, fset: token.NewFileSet(), packages: map[string]*goPackage{}}
	exports := map[string]string{}
	libraries := importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok || file == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(file) //nolint:gosec // go list names the file
	})
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; { // go list names a package after those that it imports
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Module == nil || !p.Module.Main {
			exports[p.ImportPath] = p.Export
			continue
		}
		m.path = p.Module.Path
		checked, err := m.check(p, libraries)
		if err != nil {
			return nil, err
		}
		m.packages[strings.TrimPrefix(p.ImportPath, m.path+"/")] = checked
	}
	if len(m.packages) == 0 {
		return nil, fmt.Errorf("%s holds no Go module", dir)
	}
	return m, nil
}

// check type-checks a package.
func (m *module) check(p listed, libraries types.Importer) (*goPackage, error) {
	checked := &goPackage{info: &types.Info{
		Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{},
	}}
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(m.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		checked.files = append(checked.files, file)
	}
	config := types.Config{
		Importer: importFunc(func(path string) (*types.Package, error) {
			if own := m.packages[strings.TrimPrefix(path, m.path+"/")]; own != nil {
				return own.types, nil
			}
			return libraries.Import(path)
		}),
		Error: func(err error) {
			var failed types.Error
			if errors.As(err, &failed) && !failed.Soft {
				checked.errors = append(checked.errors, failed)
			}
		},
	}
	checked.types, _ = config.Check(p.ImportPath, m.fset, checked.files, checked.info)
	return checked, nil
}

type importFunc func(path string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

// file returns the path of the file that holds a position, below the module's folder.
func (m *module) file(at token.Pos) string {
	name := m.fset.Position(at).Filename
	dir, err := filepath.Abs(m.dir)
	if err != nil {
		return name
	}
	if below, err := filepath.Rel(dir, name); err == nil {
		return filepath.ToSlash(below)
	}
	return name
}
