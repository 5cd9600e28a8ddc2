package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/internal/rest"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var xWord = regexp.MustCompile(`x-go-[a-z-]+`)

// wordsIn returns the words of our own in a text, each once. The generator knows x-go-name itself.
func wordsIn(text string) []string {
	words := map[string]bool{}
	for _, word := range xWord.FindAllString(text, -1) {
		words[word] = word != "x-go-name"
	}
	maps.DeleteFunc(words, func(_ string, ours bool) bool { return !ours })
	return slices.Sorted(maps.Keys(words))
}

// Each word that the overlay uses is explained at its head and read by a template, and the other way round.
func TestOverlay_WordsAreKnown(t *testing.T) {
	head, actions, found := strings.Cut(readFile(t, "go.overlay.yaml"), "\nactions:\n")
	if !found {
		t.Fatal("the overlay has no actions")
	}
	var templates strings.Builder
	paths, err := filepath.Glob("templates/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		for _, line := range regexp.MustCompile(`index [^)}]*"x-go-[a-z-]+"`).FindAllString(readFile(t, path), -1) {
			templates.WriteString(line + "\n")
		}
	}
	used := wordsIn(actions)
	if len(used) == 0 {
		t.Error("the overlay uses no word")
	}
	if explained := wordsIn(head); !slices.Equal(used, explained) {
		t.Errorf("the overlay uses %q, its head explains %q", used, explained)
	}
	if read := wordsIn(templates.String()); !slices.Equal(used, read) {
		t.Errorf("the overlay uses %q, the templates read %q", used, read)
	}
}

// The generator fetches a template from the network if its file is not there.
func TestConfigs_FilesExist(t *testing.T) {
	var files []string
	for config, least := range map[string]int{"client.yaml": 7, "server.yaml": 3} {
		named := regexp.MustCompile(`\bapi/[a-z./]+`).FindAllString(readFile(t, config), -1)
		for _, file := range named {
			if _, err := os.Stat(strings.TrimPrefix(file, "api/")); err != nil {
				t.Errorf("%s: %v", config, err)
			}
		}
		if len(named) < least {
			t.Errorf("%s names %q only", config, named)
		}
		files = append(files, named...)
	}
	templates, err := filepath.Glob("templates/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		if !slices.Contains(files, "api/"+filepath.ToSlash(template)) {
			t.Errorf("%s: neither client.yaml nor server.yaml names it", template)
		}
	}
}

// marked returns the schemas that the overlay marks with a word.
func marked(t *testing.T, word string) (names []string) {
	t.Helper()
	text := readFile(t, "go.overlay.yaml")
	for _, action := range regexp.MustCompile(`target: \$\.components\.schemas\[([^\]]*)\]\n    update: \{`+word+`: true\}`).FindAllStringSubmatch(text, -1) {
		for name := range strings.SplitSeq(action[1], ",") {
			names = append(names, strings.Trim(name, "'"))
		}
	}
	if len(names) == 0 {
		t.Errorf("the overlay marks nothing with %s", word)
	}
	return names
}

// The overlay marks each schema of an id, so that a required id is never read as zero.
func TestOverlay_MarksIDs(t *testing.T) {
	notIDs := []string{"Count", "PathTime", "BodyTime", "AnswerTime"}
	ids, schemas := marked(t, "x-go-id"), load(t).Components.Schemas
	for name, schema := range schemas {
		isID := schema.Value.Type.Is("integer") && schema.Value.Min != nil && *schema.Value.Min >= 1 ||
			schema.Value.Type.Is("string") && schema.Value.Pattern != ""
		if want := isID && !slices.Contains(notIDs, name); want != slices.Contains(ids, name) {
			t.Errorf("%s: the overlay marks it with x-go-id: %v, want %v", name, !want, want)
		}
	}
	for _, id := range ids {
		if schemas[id] == nil {
			t.Errorf("the overlay marks %s, which is no schema", id)
		}
	}
}

// The client checks each text parameter by its pattern. It understands one form of pattern.
func TestParameters_HavePatternsThatTheClientChecks(t *testing.T) {
	for name, parameter := range load(t).Components.Parameters {
		schema := parameter.Value.Schema
		if !schema.Value.Type.Is("string") || schema.Value.Enum != nil || schema.Ref == "#/components/schemas/PathTime" {
			continue
		}
		if rest.CheckText("a", schema.Value.Pattern) != "" {
			t.Errorf("%s: the client refuses the text a by the pattern %q", name, schema.Value.Pattern)
		}
		if rest.CheckText("a/b", schema.Value.Pattern) == "" || rest.CheckText("", schema.Value.Pattern) == "" {
			t.Errorf("%s: the client accepts another segment by the pattern %q", name, schema.Value.Pattern)
		}
	}
}

// Each schema of a response's data has a decoder, and each operation has a request, but for one that the overlay removes.
func TestClient_IsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash("../generated/client/client.gen.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, declaration := range file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			receiver := ""
			if function.Recv != nil {
				receiver = function.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name + "."
			}
			has[receiver+function.Name.Name] = true
		}
	}
	eachOperation(load(t), func(_, name string, op *openapi3.Operation) {
		if request := strings.ToUpper(op.OperationID[:1]) + op.OperationID[1:]; !has[request] && request != "GetUserProfile" {
			t.Errorf("%s: the client has no %s: run make generate", name, request)
		}
		data := op.Responses.Status(200).Value.Content.Get("application/json").Schema.Value.Properties["data"]
		if data.Value.Items != nil {
			data = data.Value.Items
		}
		schema := strings.TrimPrefix(data.Ref, "#/components/schemas/")
		if len(data.Value.OneOf) > 0 { // in two forms, which the overlay makes one
			schema = strings.TrimSuffix(strings.TrimPrefix(op.Responses.Status(200).Value.Content.Get("application/json").Schema.Ref,
				"#/components/schemas/"), "Answer")
		}
		if !has[schema+".Decode"] {
			t.Errorf("%s: the client cannot decode %s: mark it with x-go-decode in api/go.overlay.yaml", name, schema)
		}
	})
}
