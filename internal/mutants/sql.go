package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

var (
	isSQL      = regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|LIMIT|AND) `)
	sqlWord    = regexp.MustCompile(`^(AND|OR|ORDER|GROUP|LIMIT|UNION|WHERE|HAVING|ON|JOIN|LEFT|RETURNING|WHEN|THEN|ELSE|END|SET)\b`)
	sqlOpener  = regexp.MustCompile(`\b(WHERE|AND|OR|ON|HAVING|WHEN)\s+`)
	sqlCompare = regexp.MustCompile(`<=|>=|<>|<|>|=`)
	sqlOrder   = regexp.MustCompile(`\bORDER BY [\w.]+( DESC)?(,\s*[\w.]+( DESC)?)*`)
	sqlTail    = regexp.MustCompile(` (DESC|LIMIT \d+)\b`)
	sqlNumber  = regexp.MustCompile(`[\s(]\d+\b`)
)

var otherComparison = map[string]string{"<=": "<", "<": "<=", ">=": ">", ">": ">=", "<>": "=", "=": "<>"}

// sql finds the mutants of a string that holds SQL. A condition always holds, a comparison is another one, an order or
// a limit is missing, a number is one more.
func (c *collector) sql(literal *ast.BasicLit) {
	inner := literal.Value[1 : len(literal.Value)-1]
	if !isSQL.MatchString(inner+" ") || literal.Value[0] == '"' && strings.Contains(inner, `\`) {
		return
	}
	edit := func(from, to int, after string) {
		start := literal.Pos() + 1 + token.Pos(from)
		c.replaceRange("sql", start, start+token.Pos(to-from), after)
	}
	for _, at := range sqlOpener.FindAllStringSubmatchIndex(inner, -1) {
		from, to := at[1], conditionEnd(inner, at[1])
		condition := inner[from:max(from, to)]
		if condition == "" || strings.HasPrefix(condition, "CONFLICT") || strings.Contains(condition, "BETWEEN") {
			continue
		}
		if inner[at[2]:at[3]] == "OR" {
			edit(from, to, "("+condition+" AND FALSE)")
		} else {
			edit(from, to, "("+condition+" OR TRUE)")
		}
		if compare := sqlCompare.FindStringIndex(condition); compare != nil {
			edit(from+compare[0], from+compare[1], otherComparison[condition[compare[0]:compare[1]]])
		}
	}
	for _, pattern := range []*regexp.Regexp{sqlOrder, sqlTail} {
		for _, at := range pattern.FindAllStringIndex(inner, -1) {
			edit(at[0], at[1], "")
		}
	}
	for _, at := range sqlNumber.FindAllStringIndex(inner, -1) {
		if value, err := strconv.Atoi(inner[at[0]+1 : at[1]]); err == nil {
			edit(at[0]+1, at[1], strconv.Itoa(value+1))
		}
	}
}

// conditionEnd returns where the condition that begins at from ends, or -1 if the string ends within its brackets.
func conditionEnd(text string, from int) int {
	depth, quoted := 0, false
	for i := from; i < len(text); i++ {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case quoted:
		case text[i] == '(':
			depth++
		case text[i] == ')' && depth == 0, text[i] == ';', depth == 0 && text[i-1] <= ' ' && sqlWord.MatchString(text[i:]):
			return from + len(strings.TrimRight(text[from:i], " \t\n"))
		case text[i] == ')':
			depth--
		}
	}
	if depth > 0 || quoted {
		return -1
	}
	return from + len(strings.TrimRight(text[from:], " \t\n"))
}
