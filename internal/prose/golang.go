package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// judgeGo returns what breaks the rules in the comments, the messages and the test names of a Go file.
func judgeGo(name string, source []byte) ([]finding, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var found []finding
	for _, group := range file.Comments {
		for _, p := range commentPassages(fset, group) {
			found = append(found, judge(name, p)...)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // paths and tags
			return false
		case *ast.FuncDecl:
			if problem := testNameProblem(name, n); problem != "" {
				found = append(found, finding{name, fset.Position(n.Name.Pos()).Line, "test name", problem})
			}
		case ast.Expr:
			text, ok := stringValue(n)
			if !ok {
				return true
			}
			for _, p := range messagePassages(text, fset.Position(n.Pos()).Line) {
				found = append(found, judge(name, p)...)
			}
			return false
		}
		return true
	})
	return found, nil
}

func testNameProblem(file string, f *ast.FuncDecl) string {
	if !strings.HasSuffix(file, "_test.go") || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" {
		return ""
	}
	return judgeTestName(f.Name.Name)
}

var (
	directive = regexp.MustCompile(`^//([a-z]+:|nolint|line |export )`)
	output    = regexp.MustCompile(`(?i)^\s*(unordered )?output:`)
	listItem  = regexp.MustCompile(`^\s*([-*+•]|\d+[.)])\s+`)
)

// commentPassages returns the paragraphs and list items of a comment, without its code and its directives.
func commentPassages(fset *token.FileSet, group *ast.CommentGroup) []passage {
	var b builder
	inList := false
	for _, comment := range group.List {
		if directive.MatchString(comment.Text) {
			continue
		}
		line := fset.Position(comment.Pos()).Line
		text := strings.TrimSuffix(strings.TrimPrefix(comment.Text, "/*"), "*/")
		for row := range strings.SplitSeq(text, "\n") {
			row = strings.TrimPrefix(strings.TrimPrefix(row, "//"), " ")
			indented := strings.HasPrefix(row, "\t") || strings.HasPrefix(row, "  ")
			switch {
			case output.MatchString(row):
				return b.passages()
			case strings.TrimSpace(row) == "":
				b.end()
				inList = false
			case listItem.MatchString(row):
				b.end()
				b.add(listItem.ReplaceAllString(row, ""), line)
				inList = true
			case indented && !inList: // code
				b.end()
			case strings.HasPrefix(row, "# "):
				b.end()
				b.add(row[2:], line)
				b.end()
			default:
				b.add(row, line)
			}
			line++
		}
	}
	return b.passages()
}

// stringValue returns the text of a string literal, or of several that are added.
func stringValue(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, leftOK := stringValue(e.X)
		right, rightOK := stringValue(e.Y)
		return left + right, e.Op == token.ADD && leftOK && rightOK
	}
	return "", false
}

var (
	plainWord = regexp.MustCompile(`^["'(\[“]*([A-Za-z][A-Za-z'’-]*|%[a-z])["')\]”.,:;!?]*$`)
	otherCode = regexp.MustCompile(`^\s*[<{[]|\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|WHERE|VALUES)\b`)
)

// messagePassages returns the paragraphs of a string that holds words for people. Indented lines are examples.
func messagePassages(text string, line int) []passage {
	if !isMessage(text) {
		return nil
	}
	var b builder
	for row := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(row) == "" || strings.HasPrefix(row, "  ") || strings.HasPrefix(row, "\t") {
			b.end()
		} else {
			b.add(row, line)
		}
		line++
	}
	return b.passages()
}

// isMessage reports whether most of text, and three of its words at least, are plain words.
func isMessage(text string) bool {
	if otherCode.MatchString(text) {
		return false
	}
	plain, all := 0, 0
	for field := range strings.FieldsSeq(text) {
		all++
		if plainWord.MatchString(field) {
			plain++
		}
	}
	return plain >= 3 && plain*10 >= all*6
}
