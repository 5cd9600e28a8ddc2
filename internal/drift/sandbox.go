package main

import (
	"go/ast"
	"go/types"
	"strings"
)

const (
	serverPackage  = "generated/server"
	handlerPackage = "sandbox/internal/brokerapi"
	brokerPackage  = "sandbox/internal/broker"
	handlerType    = "handlers"
)

// sandbox checks the sandbox against the specification.
func (c *check) sandbox(operations []operation) {
	generated, handlers, broker := c.module.packages[serverPackage], c.module.packages[handlerPackage], c.module.packages[brokerPackage]
	served := c.handlerMethods()
	for _, o := range operations {
		request := generated.types.Scope().Lookup(o.name() + "RequestObject")
		if request == nil {
			c.add(serverPackage, "run make generate", "nothing serves %s (%s)", o.id, o.route)
			continue
		}
		method := served[o.name()]
		if method == nil {
			c.add(handlerPackage, "write the method "+o.name()+" of "+handlerType, "nothing serves %s (%s)", o.id, o.route)
			continue
		}
		_, parts := structOf(request.Type())
		c.missing(handlerPackage, c.module.file(method.Pos()), o.name()+": read %s", "the operation has it", o.name()+"RequestObject",
			parts, handlers.selected(method, false))
	}
	for _, t := range generated.structs(hasSuffix("Params")) {
		c.readAllOrNone(handlerPackage, t, "a parameter that the sandbox ignores hides a client's fault")
	}
	for _, t := range c.bodies() {
		c.readAll(handlerPackage, t, "a client sends it, and the sandbox ignores it")
	}
	for _, t := range generated.structs(isSchema) {
		c.setAll(handlerPackage, t, "the specification has it in a response")
	}
	for _, t := range broker.structs(func(t *types.Named) bool { return strings.HasPrefix(t.Obj().Name(), "New") }) {
		c.setAll(handlerPackage, t, "the broker makes a thing from it")
		c.readAll(brokerPackage, t, "a client sends it, and the broker ignores it")
	}
	for _, t := range broker.structs(hasSuffix("Filter")) {
		c.setAll(handlerPackage, t, "the broker narrows a list by it")
		c.readAll(brokerPackage, t, "the broker must narrow a list by it")
	}
}

// handlerMethods returns the methods that serve operations, without those of an embedded interface.
func (c *check) handlerMethods() map[string]*ast.FuncDecl {
	p := c.module.packages[handlerPackage]
	methods := map[string]*ast.FuncDecl{}
	p.functions(func(f *ast.FuncDecl) {
		if f.Recv != nil && receiver(p.info.Defs[f.Name]) == handlerType {
			methods[f.Name.Name] = f
		}
	})
	return methods
}

// bodies returns the types of request bodies.
func (c *check) bodies() (found []types.Type) {
	generated := c.module.packages[serverPackage]
	for _, t := range generated.structs(hasSuffix("RequestObject")) {
		_, fields := structOf(t)
		for _, field := range fields {
			if field.Name() == "Body" {
				if name, _ := structOf(field.Type()); name != "" {
					found = append(found, field.Type())
				}
			}
		}
	}
	return found
}

// isSchema reports whether a type of the generated server is one of the specification's schemas.
func isSchema(t *types.Named) bool {
	name := t.Obj().Name()
	for _, made := range []string{"Params", "RequestObject", "Response", "JSONResponse", "Wrapper", "Options", "Error"} {
		if strings.HasSuffix(name, made) && name != "BatchError" {
			return false
		}
	}
	return t.Obj().Exported()
}
