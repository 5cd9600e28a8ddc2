package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// A mutant is one change of one place of a file.
type mutant struct {
	file   string // as the go command names it
	line   int
	in     string // the function or the declaration
	nth    int    // the number among those of the file that are otherwise the same
	kind   string
	before string
	after  string

	start, end int // of before, in the file
}

// kinds are the ways in which a mutant differs from its original, in the order of the report.
var kinds = []string{"condition", "bound", "operator", "statement", "argument", "error", "sql"}

// dropValue is a function that stands for the zero value of its argument's type. Each mutated file gets it.
const dropValue = "mutantZero"

// mutate returns source with the change of m.
func (m mutant) mutate(source []byte) []byte {
	text := string(source[:m.start]) + m.after + string(source[m.end:])
	return []byte(text + "\nfunc " + dropValue + "[T any](T) (zero T) { return zero }\n")
}

// A collector finds the mutants of a file.
type collector struct {
	name   string
	source []byte
	fset   *token.FileSet
	in     string
	found  []mutant
	whole  map[ast.Expr]bool // conditions that are turned, whose own operator is left alone
}

// findMutants returns every mutant of a Go file, in the order of its text.
func findMutants(name string, source []byte) ([]mutant, error) {
	c := &collector{name: name, source: source, fset: token.NewFileSet(), whole: map[ast.Expr]bool{}}
	file, err := parser.ParseFile(c.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Body == nil {
				continue
			}
			c.in = d.Name.Name
			if d.Recv != nil {
				c.in = strings.Trim(c.text(d.Recv.List[0].Type), "*") + "." + c.in
			}
			c.function(d.Type, d.Body)
		case *ast.GenDecl:
			if d.Tok != token.VAR && d.Tok != token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				c.in = spec.(*ast.ValueSpec).Names[0].Name
				c.walk(nil, spec)
			}
		}
	}
	same := map[string]int{}
	for i, m := range c.found {
		same[m.id()]++
		c.found[i].nth = same[m.id()]
	}
	return c.found, nil
}

func (c *collector) offset(pos token.Pos) int { return c.fset.Position(pos).Offset }

func (c *collector) text(n ast.Node) string {
	return string(c.source[c.offset(n.Pos()):c.offset(n.End())])
}

// replace notes a mutant that has after in the place of n.
func (c *collector) replace(kind string, n ast.Node, after string) {
	c.replaceRange(kind, n.Pos(), n.End(), after)
}

func (c *collector) replaceRange(kind string, from, to token.Pos, after string) {
	start, end := c.offset(from), c.offset(to)
	c.found = append(c.found, mutant{
		file: c.name, line: c.fset.Position(from).Line, in: c.in, kind: kind,
		before: string(c.source[start:end]), after: after, start: start, end: end,
	})
}

// zero notes a mutant in which the value of e is lost. A literal is replaced by its zero, because its type is not known.
func (c *collector) zero(kind string, e ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING && e.Value != `""` {
			c.replace(kind, e, `""`)
		}
	case *ast.Ident:
		if e.Name != "nil" && e.Name != "true" && e.Name != "false" && e.Name != "_" {
			c.replace(kind, e, dropValue+"("+e.Name+")")
		}
	default:
		c.replace(kind, e, dropValue+"("+c.text(e)+")")
	}
}

// function finds the mutants of a function's body.
func (c *collector) function(signature *ast.FuncType, body *ast.BlockStmt) {
	var results []*ast.Field
	if signature.Results != nil {
		results = signature.Results.List
	}
	values := signature.Results.NumFields()
	fails := len(results) > 0 && c.text(results[len(results)-1].Type) == "error"
	c.walk(func(r *ast.ReturnStmt) {
		if last := len(r.Results) - 1; fails && len(r.Results) == values && c.text(r.Results[last]) != "nil" {
			c.zero("error", r.Results[last])
		}
	}, body)
}

// walk finds the mutants below n. A nested function is one of its own, with its own results.
func (c *collector) walk(returned func(*ast.ReturnStmt), n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			c.function(n.Type, n.Body)
			return false
		case *ast.ReturnStmt:
			if returned != nil {
				returned(n)
			}
		case *ast.IfStmt:
			c.condition(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				c.condition(n.Cond)
			}
		case *ast.BlockStmt:
			c.statements(n.List)
		case *ast.CommClause:
			c.statements(n.Body)
		case *ast.CaseClause:
			c.statements(n.Body)
		case *ast.BinaryExpr:
			c.binary(n)
		case *ast.UnaryExpr:
			if n.Op == token.NOT && !c.whole[n] {
				c.replace("condition", n, c.text(n.X))
			}
		case *ast.Ident:
			switch n.Name {
			case "true":
				c.replace("condition", n, "false")
			case "false":
				c.replace("condition", n, "true")
			}
		case *ast.CallExpr:
			c.arguments(n)
		case *ast.KeyValueExpr:
			c.zero("argument", n.Value)
		case *ast.BasicLit:
			switch n.Kind {
			case token.INT:
				if value, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
					c.replace("bound", n, strconv.FormatInt(value+1, 10))
				}
			case token.STRING:
				c.sql(n)
			}
		case *ast.ImportSpec, *ast.ArrayType:
			return false
		}
		return true
	})
}

// condition turns a condition round. One that looks for an error overlooks it.
func (c *collector) condition(e ast.Expr) {
	c.whole[e] = true
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.NEQ && c.text(b.Y) == "nil" &&
		strings.Contains(strings.ToLower(c.text(b.X)), "err") {
		c.replace("error", e, c.text(e)+" && false")
		return
	}
	c.replace("condition", e, "!("+c.text(e)+")")
}

// statements leaves out each statement. The compiler still sees it, so that its variables and imports stay in use.
func (c *collector) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE || len(s.Lhs) == 1 && c.text(s.Lhs[0]) == "_" {
				continue
			}
		case *ast.ReturnStmt:
			if len(s.Results) > 0 {
				continue
			}
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt, *ast.BranchStmt:
		default:
			continue
		}
		c.replace("statement", s, "if false { "+c.text(s)+" }")
	}
}

// arguments takes the value from each argument. For append, it leaves out the last one.
func (c *collector) arguments(call *ast.CallExpr) {
	if name, ok := call.Fun.(*ast.Ident); ok {
		switch name.Name {
		case "make", "new", "len", "cap", "delete", "close", "panic", "copy", "clear", "min", "max":
			return
		case "append":
			if n := len(call.Args); n > 1 {
				c.replaceRange("argument", call.Args[n-2].End(), call.Rparen, "")
			}
			return
		}
	}
	for _, argument := range call.Args {
		if _, ok := argument.(*ast.FuncLit); !ok {
			c.zero("argument", argument)
		}
	}
}
