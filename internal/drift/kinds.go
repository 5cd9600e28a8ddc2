package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// kinds returns the kinds of package vingd's operations by their names. It demands that each POST and each DELETE is unsafe.
// The client retries any other kind after an unknown outcome, and a second POST may move money again.
func (c *check) kinds(operations []operation) map[string]string {
	kinds := map[string]string{}
	for _, file := range c.module.packages[facadePackage].files {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if t, ok := literal.Type.(*ast.Ident); !ok || t.Name != "operation" {
				return true
			}
			name, kind := operationKind(literal)
			kinds[name] = kind
			at := slices.IndexFunc(operations, func(o operation) bool { return o.id == name })
			if at >= 0 && kind != "unsafe" && operations[at].acts() {
				c.leave(true, facadePackage+" kind of "+name, c.module.file(literal.Pos()), "give "+name+" the kind unsafe",
					"the client retries it, and a second call acts again ("+operations[at].route+")")
			}
			return true
		})
	}
	return kinds
}

// kindOf returns the kind of an operation. Package vingd may do several operations by the name of one.
func kindOf(o operation, kinds map[string]string) string {
	if kind := kinds[o.id]; kind != "" {
		return kind
	}
	if o.acts() {
		return "unsafe"
	}
	return "safe"
}

// operationKind returns the name and the kind that an operation of package vingd is declared with.
func operationKind(literal *ast.CompositeLit) (name, kind string) {
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch value := pair.Value.(type) {
		case *ast.BasicLit:
			if value.Kind == token.STRING {
				name, _ = strconv.Unquote(value.Value)
			}
		case *ast.Ident:
			kind = value.Name
		}
	}
	return name, kind
}
