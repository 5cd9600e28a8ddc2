package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
)

// errDeclined is returned when the user says no.
var errDeclined = WithCode(Failed, errors.New("not confirmed: nothing was done"))

// Say writes a line to stderr, or several. Foreign text in it is made safe for a terminal.
func (a *App) Say(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bar != nil {
		_ = a.bar.Clear() // it is drawn again below the line
	}
	a.say(fmt.Sprintf(format, args...))
}

// say is as Say. The caller holds the mutex.
func (a *App) say(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(a.Err, output.Clean(line)) //nolint:errcheck // stderr is gone, and there is no other place
	}
}

// asks reports whether there is somebody to ask.
func (a *App) asks() bool {
	return IsTerminal(a.In) && IsTerminal(a.Err) && !a.JSON()
}

// Confirm says what a command is about to do, with which account, and asks whether it may. It reports whether the command
// must go on: with --dry-run it must not. Without a terminal it returns an error, unless --yes is given.
func (a *App) Confirm(ctx context.Context, format string, args ...any) (bool, error) {
	return a.confirm(ctx, "yes", fmt.Sprintf(format, args...))
}

// ConfirmNumber is as Confirm, but the user must type a number, if typed is set. If expected is not below zero, it must be
// the number. Without a terminal, typed needs it.
func (a *App) ConfirmNumber(ctx context.Context, number, expected int, typed bool, format string, args ...any) (bool, error) {
	switch {
	case expected >= 0 && expected != number:
		return false, WithCode(Failed, fmt.Errorf("--expect %d: there are %d; nothing was done", expected, number))
	case typed && expected < 0 && a.yes && !a.dryRun:
		return false, Misuse("--all: --expect must be given with --yes")
	}
	word := "yes"
	if typed {
		word = fmt.Sprint(number)
	}
	return a.confirm(ctx, word, fmt.Sprintf(format, args...))
}

func (a *App) confirm(ctx context.Context, word, what string) (bool, error) {
	if !a.dryRun && !a.yes && !a.asks() {
		return false, Misuse("%s: --yes must be given where there is no terminal to ask on, and with -o json", firstLine(what))
	}
	account, err := a.Account(ctx)
	if err != nil {
		return false, err
	}
	a.Say("%s\nwith %s.", what, account)
	switch {
	case a.dryRun:
		a.Say("Nothing was done (--dry-run).")
		return false, nil
	case a.yes:
		SurvivePipes()
		return true, nil
	}
	fmt.Fprintf(a.Err, "Type %s to go on: ", word) //nolint:errcheck // as in Say
	line, err := readLine(ctx, a.In, a.Err)
	if err != nil {
		return false, err
	}
	if line != word {
		return false, errDeclined
	}
	SurvivePipes()
	return true, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, ".,:")
}

// readLine reads a line, or returns when the context ends: then the process ends, too.
func readLine(ctx context.Context, r io.Reader, stderr io.Writer) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(r).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		read <- line{strings.TrimSpace(text), err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		fmt.Fprintln(stderr) //nolint:errcheck // as in Say
		return "", ctx.Err()
	}
}

// Secret returns a secret: from stdin if the flag for that is set, else typed on a terminal, which does not show it.
func (a *App) Secret(ctx context.Context, fromStdin bool, flag, what string) (string, error) {
	if fromStdin {
		text, err := io.ReadAll(io.LimitReader(a.In, 1<<16))
		return strings.TrimRight(string(text), "\r\n"), err
	}
	if !a.asks() {
		return "", Misuse("required flag --%s not set: there is no terminal to ask on", flag)
	}
	fmt.Fprintf(a.Err, "%s: ", what) //nolint:errcheck // as in Say
	terminal := int(a.In.(*os.File).Fd())
	shown, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	// Ctrl-C ends the process while the terminal shows nothing.
	stop := context.AfterFunc(ctx, func() {
		_ = term.Restore(terminal, shown)
		a.Say("\nvingd: interrupted")
		os.Exit(Interrupted)
	})
	defer stop()
	text, err := term.ReadPassword(terminal)
	a.Say("")
	return string(text), err
}

// Announce reports whether a command that does not ask must go on. With --dry-run it says what would be done, and with
// which account.
func (a *App) Announce(ctx context.Context, format string, args ...any) (bool, error) {
	if !a.dryRun {
		SurvivePipes()
		return true, nil
	}
	return a.confirm(ctx, "", fmt.Sprintf(format, args...))
}
