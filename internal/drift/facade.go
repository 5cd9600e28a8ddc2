package main

import (
	"go/ast"
	"go/types"
)

const (
	clientPackage  = "generated/client"
	facadePackage  = "vingd"
	tableFile      = "docs/python.md"
	outcomesFile   = "docs/outcomes.md"
	packageComment = facadePackage + "/doc.go"
	commandFolder  = "cmd/vingd"
	commandPackage = commandFolder + "/internal/seller"
	batchPackage   = "vingd/batch"
)

// facade checks package vingd against the specification.
func (c *check) facade(operations []operation) {
	generated, facade := c.module.packages[clientPackage], c.module.packages[facadePackage]
	calls, kinds := c.callers(), c.kinds(operations)
	for _, o := range operations {
		key, builder := facadePackage+" "+o.id, generated.types.Scope().Lookup(o.name())
		if _, listed := c.leftOut[key]; listed && (builder == nil || len(calls[builder]) == 0) {
			c.leftOut[key] = true
			continue
		}
		if builder == nil {
			c.add(clientPackage, "run make generate", "nothing makes a request for %s (%s)", o.id, o.route)
			continue
		}
		methods := calls[builder]
		if len(methods) == 0 {
			c.leave(true, key, facadePackage, "write a method that calls client."+builder.Name(), "nothing does "+o.id+" ("+o.route+")")
			continue
		}
		c.named(tableFile, o, methods)
		c.leave(!c.commandCalls(methods), commandPackage+" "+o.id, commandPackage, "call "+anyOf(methods),
			"no command does "+o.id+" ("+o.route+")")
		if kind := kindOf(o, kinds); kind != "safe" {
			c.named(outcomesFile, o, methods)
			c.named(packageComment, o, methods)
			if kind == "unsafe" {
				c.reconciles(o, methods)
			}
		}
	}
	for _, t := range generated.structs(func(t *types.Named) bool { return hasMethod(t, "Decode") }) {
		c.readAll(facadePackage, t, "a response has it, and no result carries it")
	}
	for _, t := range generated.structs(func(t *types.Named) bool { return !hasMethod(t, "Decode") }) {
		c.setAll(facadePackage, t, "a request can have it, and none does")
	}
	for _, t := range facade.structs(func(t *types.Named) bool { return t.Obj().Exported() }) {
		c.setAllIn(facadePackage, c.reads(generated), t, "a user reads it, and it is always zero")
	}
	for _, t := range facade.structs(hasSuffix("Params")) {
		c.readAll(facadePackage, t, "a user sets it, and nothing is sent")
		c.readAllOrNone(facadePackage, t, "a user sets it, and the function ignores it")
		c.mentionAll(commandPackage, batchPackage, t, "no flag of the command sets it")
	}
	for _, t := range facade.structs(hasSuffix("Filter")) {
		for name := range c.module.packages {
			c.readAllOrNone(name, t, "it narrows a list: the function must pass it on, or refuse it")
		}
		c.mentionAll(commandPackage, commandPackage, t, "no flag of the command sets it")
	}
}

// reads returns a condition: a function has an argument of a type that a package declares.
func (c *check) reads(declares *goPackage) func(*ast.FuncDecl) bool {
	return func(f *ast.FuncDecl) bool {
		for _, argument := range f.Type.Params.List {
			t := c.module.packages[facadePackage].info.Types[argument.Type].Type
			if p, ok := t.(*types.Pointer); ok {
				t = p.Elem()
			}
			if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() == declares.types {
				return true
			}
		}
		return false
	}
}
