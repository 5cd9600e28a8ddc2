package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// kinds demands that each operation that is a POST or a DELETE has the kind unsafe in package vingd. The client retries
// any other kind after an unknown outcome, and a second POST may move money again.
func (c *check) kinds(operations []operation) {
	p := c.module.packages[facadePackage]
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if t, ok := literal.Type.(*ast.Ident); !ok || t.Name != "operation" {
				return true
			}
			name, kind := operationKind(literal)
			at := slices.IndexFunc(operations, func(o operation) bool { return o.id == name })
			if at < 0 || kind == "unsafe" {
				return true
			}
			if o := operations[at]; strings.HasPrefix(o.route, "POST ") || strings.HasPrefix(o.route, "DELETE ") {
				c.leave(true, facadePackage+" kind of "+o.id, c.module.file(literal.Pos()), "give "+o.id+" the kind unsafe",
					"the client retries it, and a second call acts again ("+o.route+")")
			}
			return true
		})
	}
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
