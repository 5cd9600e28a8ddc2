package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// structOf returns a named struct type's name, as "package.Name", and its fields; the embedded ones stand for theirs.
func structOf(t types.Type) (name string, fields []*types.Var) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return "", nil
	}
	if s, ok := named.Underlying().(*types.Struct); ok {
		return named.Obj().Pkg().Name() + "." + named.Obj().Name(), fieldsOf(s)
	}
	return "", nil
}

func fieldsOf(s *types.Struct) (fields []*types.Var) {
	for field := range s.Fields() {
		if inner, ok := field.Type().Underlying().(*types.Struct); ok && field.Embedded() {
			fields = append(fields, fieldsOf(inner)...)
			continue
		}
		fields = append(fields, field)
	}
	return fields
}

// structs returns the struct types that a package declares and that are wanted.
func (p *goPackage) structs(wanted func(*types.Named) bool) (found []types.Type) {
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		declared, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || declared.IsAlias() {
			continue
		}
		named, ok := declared.Type().(*types.Named)
		if !ok {
			continue
		}
		if _, ok := named.Underlying().(*types.Struct); ok && wanted(named) {
			found = append(found, named)
		}
	}
	return found
}

func hasMethod(t *types.Named, name string) bool {
	return types.NewMethodSet(types.NewPointer(t)).Lookup(t.Obj().Pkg(), name) != nil
}

func hasSuffix(suffix string) func(*types.Named) bool {
	return func(t *types.Named) bool { return strings.HasSuffix(t.Obj().Name(), suffix) }
}

// functions calls visit for each function of a package.
func (p *goPackage) functions(visit func(*ast.FuncDecl)) {
	for _, file := range p.files {
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Body != nil {
				visit(f)
			}
		}
	}
}

// variables calls visit for each declaration of a package's variables.
func (p *goPackage) variables(visit func(*ast.ValueSpec)) {
	for _, file := range p.files {
		for _, declaration := range file.Decls {
			if d, ok := declaration.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, spec := range d.Specs {
					visit(spec.(*ast.ValueSpec))
				}
			}
		}
	}
}

// selected returns the fields that a piece of code names behind a dot: those that it reads, or those that it assigns.
func (p *goPackage) selected(code ast.Node, assigned bool) map[*types.Var]bool {
	targets := map[ast.Expr]bool{}
	ast.Inspect(code, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, left := range a.Lhs {
				targets[left] = true
			}
		}
		return true
	})
	fields := map[*types.Var]bool{}
	ast.Inspect(code, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && targets[s] == assigned {
			if selection := p.info.Selections[s]; selection != nil {
				if field, ok := selection.Obj().(*types.Var); ok {
					fields[field] = true
				}
			}
		}
		return true
	})
	return fields
}

// passesOn reports whether a function hands a whole value of a type on. In the package that declares the type, that is to a
// method of the type whose result it uses. Elsewhere it is to any function.
func (p *goPackage) passesOn(f *ast.FuncDecl, t types.Type) (found bool) {
	named, ok := types.Unalias(t).(*types.Named)
	own := ok && named.Obj().Pkg() == p.types
	is := func(e ast.Expr) bool { return types.Identical(p.info.Types[e].Type, t) }
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			return !own // nothing uses the result
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			if own {
				found = found || ok && is(method.X)
			} else if !p.info.Types[n.Fun].IsType() {
				found = found || slices.ContainsFunc(n.Args, is)
			}
		}
		return true
	})
	return found
}
