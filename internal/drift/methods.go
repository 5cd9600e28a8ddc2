package main

import (
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A method is one of the client's services that does an operation.
type method struct {
	service string // such as Vouchers
	*types.Func
}

// String returns the method as a caller names it, such as "Vouchers.Create".
func (m method) String() string { return m.service + "." + m.Name() }

// callers returns the methods of the client's services that lead to each function.
func (c *check) callers() map[types.Object][]method {
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
	callers := map[types.Object][]method{}
	for function := range uses {
		seen := map[types.Object]bool{function: true}
		for queue := []types.Object{function}; len(queue) > 0; queue = queue[1:] {
			for _, caller := range uses[queue[0]] {
				if seen[caller] {
					continue
				}
				seen[caller] = true
				queue = append(queue, caller)
				if f, ok := caller.(*types.Func); ok && f.Exported() && services[receiver(f)] != "" {
					callers[function] = append(callers[function], method{services[receiver(f)], f})
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
			names[named.Obj().Name()] = field.Name()
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

// anyOf returns methods as a text, such as "Vouchers.Revoke or Vouchers.RevokeAll".
func anyOf(methods []method) string {
	var names []string
	for _, m := range methods {
		names = append(names, m.String())
	}
	return strings.Join(names, " or ")
}

// namesAny reports whether a text names one of the methods, alone or in a call.
func namesAny(text string, methods []method) bool {
	for _, m := range methods {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(m.String()) + `\b`).MatchString(text) {
			return true
		}
	}
	return false
}

// named demands that the table of a document names a method that does an operation.
func (c *check) named(file string, o operation, methods []method) {
	text, err := os.ReadFile(filepath.Join(c.module.dir, filepath.FromSlash(file)))
	if err != nil {
		c.add(file, "write the table of operations", "%v", err)
	} else if !namesAny(string(text), methods) {
		c.add(file, "name "+anyOf(methods), "the table lacks %s (%s)", o.id, o.route)
	}
}

// commandCalls reports whether the command calls one of the methods. A Reconcile method only looks the outcome of another up.
func (c *check) commandCalls(methods []method) bool {
	for path, p := range c.module.packages {
		if !strings.HasPrefix(path, commandFolder) && path != batchPackage {
			continue
		}
		for _, used := range p.info.Uses {
			if slices.ContainsFunc(methods, func(m method) bool { return used == m.Func && !strings.HasPrefix(m.Name(), "Reconcile") }) {
				return true
			}
		}
	}
	return false
}

// reconciles demands that a user can find the outcome of an operation out that must not be retried. Reconcile is that of
// Create, and ReconcileRevoke that of Revoke.
func (c *check) reconciles(o operation, methods []method) {
	var wanted []string
	for _, m := range methods {
		name := "Reconcile" + strings.TrimPrefix(m.Name(), "Create")
		if found, _, _ := types.LookupFieldOrMethod(m.Signature().Recv().Type(), true, m.Pkg(), name); found != nil {
			return
		}
		wanted = append(wanted, m.service+"."+name)
	}
	c.leave(true, facadePackage+" Reconcile of "+o.id, c.module.file(methods[0].Pos()), "write "+strings.Join(wanted, " or "),
		"the client does not retry "+o.id+", and its outcome may be unknown ("+o.route+")")
}
