package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"
)

// An enum is a schema of the specification that lists its values.
type enum struct {
	name   string
	values []string
}

// stringTypes returns the constants of each type of texts that a package declares.
func (p *goPackage) stringTypes() map[*types.TypeName][]*types.Const {
	found := map[*types.TypeName][]*types.Const{}
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		value, ok := scope.Lookup(name).(*types.Const)
		if !ok || value.Val().Kind() != constant.String {
			continue
		}
		if named, ok := value.Type().(*types.Named); ok && named.Obj().Pkg() == p.types {
			found[named.Obj()] = append(found[named.Obj()], value)
		}
	}
	return found
}

// enums demands that the constants of package vingd, and those of the broker, are the values of the specification.
func (c *check) enums(enums []enum) {
	for _, e := range enums {
		for _, where := range []string{facadePackage, brokerPackage} {
			known := false
			for t, constants := range c.module.packages[where].stringTypes() {
				if !e.isOf(t, constants) {
					continue
				}
				known = true
				c.constants(where, t, constants, e)
				for name := range c.module.packages {
					if !strings.HasPrefix(name, "examples/") {
						c.nameAllOrOne(name, constants)
					}
				}
			}
			if !known && where == facadePackage {
				c.add(where, "declare a type for "+e.name+", and a constant for each of its values", "no type has them: %s", strings.Join(e.values, ", "))
			}
		}
	}
}

// isOf reports whether a type with some constants stands for the schema.
func (e enum) isOf(t *types.TypeName, constants []*types.Const) bool {
	shared := 0
	for _, value := range constants {
		if slices.Contains(e.values, constant.StringVal(value.Val())) {
			shared++
		}
	}
	return t.Name() == e.name || shared > 1
}

// constants demands a constant of a type for each value of a schema, and no other.
func (c *check) constants(where string, t *types.TypeName, constants []*types.Const, e enum) {
	var declared []string
	for _, value := range constants {
		text := constant.StringVal(value.Val())
		if declared = append(declared, text); !slices.Contains(e.values, text) {
			c.add(where, "delete the constant "+value.Name(), "the schema %s has no value %q", e.name, text)
		}
	}
	for _, text := range e.values {
		if !slices.Contains(declared, text) {
			c.add(where, fmt.Sprintf("declare a constant of %s for %q", t.Name(), text), "the schema %s has the value", e.name)
		}
	}
}

// nameAllOrOne demands that each function and each variable of package where that tells some constants apart names all of
// them.
func (c *check) nameAllOrOne(where string, constants []*types.Const) {
	p := c.module.packages[where]
	p.functions(func(f *ast.FuncDecl) { c.nameAllOrOneIn(where, f.Name.Name, f, constants) })
	p.variables(func(v *ast.ValueSpec) { c.nameAllOrOneIn(where, v.Names[0].Name, v, constants) })
}

func (c *check) nameAllOrOneIn(where, name string, code ast.Node, constants []*types.Const) {
	named, uses := map[types.Object]bool{}, c.module.packages[where].info.Uses
	ast.Inspect(code, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			named[uses[name]] = true
		}
		return true
	})
	known := 0
	for _, value := range constants {
		if named[value] {
			known++
		}
	}
	if known < 2 {
		return
	}
	for _, value := range constants {
		full := value.Pkg().Name() + "." + value.Name()
		c.leave(!named[value], where+"."+name+" "+full, c.module.file(code.Pos()), name+": name "+full,
			"it tells values apart, and takes this one for another")
	}
}
