package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The examples of docs/sandbox.md do what they say, in each language that this machine has.
func TestDocs_SandboxExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../../../../docs/sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{} // the first block of each language that has the address, and the fixtures
	for _, found := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		language, code := found[1], found[2]
		if blocks[language] == "" && (language == "json" || strings.Contains(code, "localhost:8443/-")) {
			blocks[language] = code
		}
	}
	fixtures := filepath.Join(t.TempDir(), "shop.json")
	if err := os.WriteFile(fixtures, []byte(blocks["json"]), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "--http", "--listen", "127.0.0.1:0", "--fixtures", fixtures)
	for language, program := range map[string]string{"sh": "sh -e", "python": "python3", "php": "php", "js": "node"} {
		t.Run(language, func(t *testing.T) {
			words := strings.Fields(program)
			if _, err := exec.LookPath(words[0]); err != nil {
				t.Skip(err)
			}
			if _, err := exec.LookPath("curl"); err != nil && language == "sh" {
				t.Skip(err)
			}
			if blocks[language] == "" {
				t.Fatal("the document has no example")
			}
			file := filepath.Join(t.TempDir(), "example."+language)
			code := strings.ReplaceAll(blocks[language], "http://localhost:8443", r.row(t, "frontend"))
			if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), words[0], append(words[1:], file)...)
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
			if lines := r.stdout.String(); !strings.Contains(lines, "POST /-/buyers/4713/pay 200") {
				t.Errorf("the lines have no payment:\n%s", lines)
			}
		})
	}
	r.end(t)
}
