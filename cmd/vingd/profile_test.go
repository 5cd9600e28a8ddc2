package main

import (
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Several processes may change the profiles at once. No change of another is lost.
func TestProfile_ChangedAtOnce(t *testing.T) {
	const processes = 20
	w := openWorld(t, 1000_00)
	dir := t.TempDir()
	// atOnce runs a change of each profile, all at once.
	atOnce := func(change func(name string) []string) {
		t.Helper()
		commands := make([]*exec.Cmd, processes)
		outputs := make([]strings.Builder, processes)
		for i := range commands {
			commands[i] = w.vingd(t.Context(), dir, change("p"+strconv.Itoa(100+i))...)
			commands[i].Stdin = strings.NewReader("secret\n")
			commands[i].Stdout, commands[i].Stderr = &outputs[i], &outputs[i]
			if err := commands[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		for i, cmd := range commands {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v\n%s", err, &outputs[i])
			}
		}
	}
	profiles := func() []string {
		t.Helper()
		output, err := w.vingd(t.Context(), dir, "profile", "list", "--columns", "active,profile", "-o", "csv", "--no-header").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(output))
	}
	atOnce(func(name string) []string { return []string{"profile", "add", name, "--key", "k", "--secret-stdin"} })
	all := profiles()
	active := slices.DeleteFunc(slices.Clone(all), func(line string) bool { return !strings.HasPrefix(line, "*,") })
	if len(all) != processes || len(active) != 1 {
		t.Errorf("%d profiles are left of %d, and %d are active:\n%s", len(all), processes, len(active), strings.Join(all, "\n"))
	}
	atOnce(func(name string) []string { return []string{"profile", "remove", name} })
	if left := profiles(); len(left) > 0 {
		t.Errorf("profiles are left that were removed: %s", left)
	}
}
