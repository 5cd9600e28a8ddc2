package main

import (
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"strings"
)

const (
	clientPackage  = "generated/client"
	facadePackage  = "vingd"
	tableFile      = "docs/python.md"
	commandPackage = "cmd/vingd/internal/seller"
	batchPackage   = "vingd/batch"
)

// facade checks package vingd against the specification.
func (c *check) facade(operations []operation) {
	generated, facade := c.module.packages[clientPackage], c.module.packages[facadePackage]
	calls := c.callers()
	table, err := os.ReadFile(filepath.Join(c.module.dir, tableFile))
	if err != nil {
		c.add(tableFile, "write the table of operations", "%v", err)
	}
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
		if !containsAny(string(table), methods) {
			c.add(tableFile, "name "+strings.Join(methods, " or "), "the table lacks %s (%s)", o.id, o.route)
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

// callers returns the exported methods of package vingd that lead to each function, such as "client.Vouchers.Create".
func (c *check) callers() map[types.Object][]string {
	facade := c.module.packages[facadePackage]
	uses := map[types.Object][]types.Object{} // the functions that name each function
	facade.functions(func(f *ast.FuncDecl) {
		caller := facade.info.Defs[f.Name]
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				if called, ok := facade.info.Uses[name].(*types.Func); ok {
					uses[called] = append(uses[called], caller)
				}
			}
			return true
		})
	})
	services := serviceNames(facade)
	callers := map[types.Object][]string{}
	for function := range uses {
		seen := map[types.Object]bool{function: true}
		for queue := []types.Object{function}; len(queue) > 0; queue = queue[1:] {
			for _, caller := range uses[queue[0]] {
				if seen[caller] {
					continue
				}
				seen[caller] = true
				queue = append(queue, caller)
				if name := services[receiver(caller)]; name != "" && caller.Exported() {
					callers[function] = append(callers[function], name+"."+caller.Name())
				}
			}
		}
	}
	return callers
}

// serviceNames returns how a client names each of its services.
func serviceNames(facade *goPackage) map[string]string {
	names := map[string]string{}
	client := facade.types.Scope().Lookup("Client")
	if client == nil {
		return names
	}
	_, fields := structOf(client.Type())
	for _, field := range fields {
		if named, ok := types.Unalias(field.Type()).(*types.Named); ok && field.Exported() {
			names[named.Obj().Name()] = "client." + field.Name()
		}
	}
	return names
}

// receiver returns the name of the type that a method is of.
func receiver(function types.Object) string {
	signature, ok := function.Type().(*types.Signature)
	if !ok || signature.Recv() == nil {
		return ""
	}
	t := signature.Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part+"(") || strings.Contains(text, strings.TrimPrefix(part, "client")+"(") {
			return true
		}
	}
	return false
}
