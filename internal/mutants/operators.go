package main

import (
	"go/ast"
	"go/token"
)

var (
	movedBounds = map[token.Token]token.Token{
		token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	}
	otherOperators = map[token.Token]token.Token{
		token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
		token.AND: token.OR, token.OR: token.AND, token.SHL: token.SHR, token.SHR: token.SHL, token.XOR: token.AND,
	}
)

func (c *collector) binary(b *ast.BinaryExpr) {
	operands := func(op token.Token) string { return c.text(b.X) + " " + op.String() + " " + c.text(b.Y) }
	if op, ok := movedBounds[b.Op]; ok {
		c.replace("bound", b, operands(op))
	}
	if op, ok := otherOperators[b.Op]; ok && !isText(b.X) && !isText(b.Y) {
		c.replace("operator", b, "("+operands(op)+")")
	}
	switch b.Op {
	case token.LAND, token.LOR:
		c.replace("condition", b, c.text(b.X))
		c.replace("condition", b, c.text(b.Y))
	case token.EQL, token.NEQ:
		if !c.whole[b] {
			c.replace("condition", b, "!("+c.text(b)+")")
		}
	}
}

func isText(e ast.Expr) bool {
	literal, ok := e.(*ast.BasicLit)
	return ok && literal.Kind == token.STRING
}
