package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A command on a reward tells nothing about another reward of a like reference, whatever ends it.
func TestGive_LikeReferences(t *testing.T) {
	d := leaveDoubt(t, "rewards", "give", "USER", "1.00", "--reference", "gift Ulla and Max and Ida")
	user, doubtful := d.args[2], d.args[5]
	// Rewards that were given and not printed have a journal, too.
	for _, reference := range []string{"gift Ulla", "gift Ulla and Max", "Max", "gift Ulla and Max and Ida and Leo"} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = read.Close()
		cmd := d.vingd(t.Context(), d.dir, "rewards", "give", user, "1.00", "--reference", reference, "--yes")
		cmd.Stdout = write
		if code := exitCode(t, cmd.Run()); code != 3 {
			t.Errorf("%s: got %d, want 3: it is not printed", reference, code)
		}
		_ = write.Close()
	}
	for _, c := range []struct {
		name        string
		code        int
		environment string
		args        []string
	}{
		{"flag", 3, "", []string{user, "1.00", "--reference", doubtful, "--nope"}},
		{"flag first", 3, "", []string{"--nope", user, "1.00", "--reference", doubtful}},
		{"flag first, of one word", 3, "", []string{"--nope", user, "1.00", "--reference=" + doubtful}},
		{"login", 3, "VINGD_PASSWORD=bad", []string{user, "1.00", "--reference", doubtful, "--yes"}},
		{"amount", 3, "", []string{user, "1,x", "--reference", doubtful, "--yes"}},
		{"no quotation marks", 3, "", append([]string{user, "1.00", "--yes", "--reference"}, strings.Fields(doubtful)...)},
		{"longer, refused", 5, "", []string{"ffffff", "1.00", "--reference", doubtful + " no. 8", "--yes"}},
		{"longer, flag", 2, "", []string{user, "1.00", "--reference", doubtful + " no. 8", "--nope"}},
		{"longer, flag first", 2, "", []string{"--nope", user, "1.00", "--reference", doubtful + " no. 8"}},
		{"longer, login", 4, "VINGD_PASSWORD=bad", []string{user, "1.00", "--reference", "a " + doubtful, "--yes"}},
	} {
		cmd := d.vingd(t.Context(), d.dir, slices.Concat([]string{"rewards", "give"}, c.args)...)
		cmd.Env = append(cmd.Env, c.environment)
		output, err := cmd.CombinedOutput()
		named := strings.Contains(string(output), `the outcome of reward "`+doubtful+`" is unknown`)
		if code := exitCode(t, err); code != c.code || named != (c.code == 3) {
			t.Errorf("%s: got %d, %s, want %d", c.name, code, output, c.code)
		}
	}
}
