package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// A check collects tasks.
type check struct {
	module  *module
	leftOut map[string]bool
	tasks   []task
}

func (c *check) add(file, what, why string, args ...any) {
	c.tasks = append(c.tasks, task{file, what, fmt.Sprintf(why, args...)})
}

// missing reports fields of a type that a package leaves out, unless they are left out on purpose.
func (c *check) missing(where, file, what, why, name string, fields []*types.Var, has map[*types.Var]bool) {
	for _, field := range fields {
		full := name + "." + field.Name()
		c.leave(!has[field], where+" "+full, file, fmt.Sprintf(what, full), why)
	}
}

// leave adds a task if something is missing, unless its key is listed as left out on purpose.
func (c *check) leave(missing bool, key, file, what, why string) {
	if !missing {
		return
	}
	if _, listed := c.leftOut[key]; listed {
		c.leftOut[key] = true
		return
	}
	c.add(file, what, "%s; or list %q with a reason in %s", why, key, leftOutFile)
}

// readAll demands that package where reads each field of a type somewhere.
func (c *check) readAll(where string, t types.Type, why string) {
	p := c.module.packages[where]
	name, fields := structOf(t)
	has := map[*types.Var]bool{}
	file := where
	p.functions(func(f *ast.FuncDecl) {
		for field := range p.selected(f, false) {
			if slices.Contains(fields, field) {
				has[field] = true
				file = c.module.file(f.Pos())
			}
		}
	})
	c.missing(where, file, "read %s", why, name, fields, has)
}

// mentionAll demands that package where, or another, names each field of a type somewhere.
func (c *check) mentionAll(where, other string, t types.Type, why string) {
	name, fields := structOf(t)
	has := map[*types.Var]bool{}
	for _, path := range []string{where, other} {
		for _, used := range c.module.packages[path].info.Uses {
			if field, ok := used.(*types.Var); ok {
				has[field] = true
			}
		}
	}
	c.missing(where, where, "set %s", why, name, fields, has)
}

// readAllOrNone demands that each function of package where that reads one field of a type reads all of them, or passes a
// whole value on.
func (c *check) readAllOrNone(where string, t types.Type, why string) {
	p := c.module.packages[where]
	name, fields := structOf(t)
	p.functions(func(f *ast.FuncDecl) {
		has := p.selected(f, false)
		if p.passesOn(f, t) {
			return
		}
		if slices.ContainsFunc(fields, func(field *types.Var) bool { return has[field] }) {
			c.missing(where+"."+f.Name.Name, c.module.file(f.Pos()), f.Name.Name+": read %s", why, name, fields, has)
		}
	})
}

// setAll demands that package where sets all the fields of each value of a type that it makes. A literal sets them, or an
// assignment after it in the same function. An embedded value counts as a part of the outer one.
func (c *check) setAll(where string, t types.Type, why string) {
	c.setAllIn(where, func(*ast.FuncDecl) bool { return true }, t, why)
}

// setAllIn is setAll for some functions.
func (c *check) setAllIn(where string, wanted func(*ast.FuncDecl) bool, t types.Type, why string) {
	p := c.module.packages[where]
	name, fields := structOf(t)
	p.functions(func(f *ast.FuncDecl) {
		if !wanted(f) {
			return
		}
		assigned, parts := p.selected(f, true), map[ast.Expr]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || len(literal.Elts) == 0 {
				return true
			}
			p.embedded(literal, parts)
			if parts[literal] {
				return true
			}
			made, _ := structOf(p.info.Types[literal].Type)
			if made != name {
				return true
			}
			has := map[*types.Var]bool{}
			for _, field := range fields {
				has[field] = assigned[field]
			}
			p.keys(literal, has)
			c.missing(where, c.module.file(literal.Pos()), f.Name.Name+": set %s", why, name, fields, has)
			return true
		})
	})
}

// embedded adds the values of a literal's embedded fields.
func (p *goPackage) embedded(literal *ast.CompositeLit, parts map[ast.Expr]bool) {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				field, ok := p.info.Uses[key].(*types.Var)
				parts[pair.Value] = ok && field.Embedded()
			}
		}
	}
}

// keys adds the fields that a literal sets, and those of the embedded literals in it.
func (p *goPackage) keys(literal *ast.CompositeLit, has map[*types.Var]bool) {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			continue
		}
		field, ok := p.info.Uses[key].(*types.Var)
		if !ok {
			continue
		}
		has[field] = true
		inner, ok := field.Type().Underlying().(*types.Struct)
		if !ok || !field.Embedded() {
			continue
		}
		if embedded, ok := pair.Value.(*ast.CompositeLit); ok {
			p.keys(embedded, has)
			continue
		}
		for _, whole := range fieldsOf(inner) {
			has[whole] = true
		}
	}
}

// compilerErrors reports the errors of the compiler.
func (c *check) compilerErrors() {
	for _, p := range c.module.packages {
		for _, err := range p.errors {
			if !strings.HasPrefix(err.Msg, "could not import") { // its own error is listed
				c.add(c.module.file(err.Pos), fmt.Sprintf("line %d: %s", c.module.fset.Position(err.Pos).Line, err.Msg), "it does not compile")
			}
		}
	}
}

// staleExceptions reports the exceptions that no check needs.
func (c *check) staleExceptions() {
	for key, met := range c.leftOut {
		if !met {
			c.add(leftOutFile, "delete the line of "+key, "no check misses the field")
		}
	}
}
