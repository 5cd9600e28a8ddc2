// Package cli is what the commands share: exit codes, the login, printing, and confirmation.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/output"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// Exit codes.
const (
	Done        = 0
	Failed      = 1
	Misused     = 2
	Unknown     = 3 // the outcome is unknown: money may have moved
	NotAllowed  = 4
	NotFound    = 5
	Partly      = 6
	Interrupted = 130
)

// ExitCodes is the help on exit codes.
const ExitCodes = `  vingd balance || echo "exit code $?"

   0  done
   1  failed, or the broker refused it; nothing is left half done
   2  misused: a wrong argument or flag, or a confirmation is missing
   3  the outcome is unknown: money may have moved. Or the call was done, and its result
      could not be printed. The message says how to find out. A run that fails ends with
      3 while the outcome of a row is unknown, even that of an earlier run, and while
      its journal cannot be read, or another run has it open
   4  not allowed: no login, a wrong login, or a missing permission
   5  not found: the thing does not exist or belongs to another account
   6  partly done: run the same command again to go on
 130  interrupted by Ctrl-C

Data goes to stdout, and everything else to stderr. With -o json or -o jsonl an error
is a line of JSON on stderr, with the fields message, exit_code and outcome.`

// A UsageError says how the command was misused.
type UsageError struct{ message string }

// Error returns the message.
func (e *UsageError) Error() string { return e.message }

// Misuse returns a [UsageError].
func Misuse(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// A codeError is an error with an exit code of its own.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

// WithCode gives an error an exit code.
func WithCode(code int, err error) error { return &codeError{code, err} }

// SaysUnknown reports whether [WithCode] gave an error the exit code of an unknown outcome. Then it says how to go on.
func SaysUnknown(err error) bool {
	var coded *codeError
	return errors.As(err, &coded) && coded.code == Unknown
}

// errUnprinted is the error of a call that was done, and whose result is lost.
var errUnprinted = errors.New("it was done, but its result was not printed")

// Unprinted makes the failure to print the result of a call an error that says so, and what the result is. The call must
// not be considered failed and made again: the exit code is that of an unknown outcome.
func Unprinted(err error, result string) error {
	if err == nil {
		return nil
	}
	if result != "" {
		err = fmt.Errorf("%s: %w", result, err)
	}
	return WithCode(Unknown, fmt.Errorf("%w: %w", errUnprinted, err))
}

// SurvivePipes makes a write to a pipe without a reader an error. Otherwise SIGPIPE ends the process, as it must end one that
// only reads. A process that changed something must still say the result on stderr.
func SurvivePipes() { signal.Ignore(syscall.SIGPIPE) }

// CodeOf returns the exit code of an error.
func CodeOf(ctx context.Context, err error) int {
	var coded *codeError
	var usage *UsageError
	var failed *vingd.Error
	var incomplete *batch.IncompleteError
	errors.As(err, &failed)
	switch {
	case err == nil:
		return Done
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, vingd.ErrOutcomeUnknown):
		return Unknown
	case ctx.Err() != nil:
		return Interrupted
	case errors.As(err, &incomplete) && incomplete.Done > 0:
		return Partly
	case errors.As(err, &usage), errors.Is(err, vingd.ErrInvalidArgument):
		return Misused
	case errors.Is(err, vingd.ErrForbidden), failed != nil && failed.Status == 401:
		return NotAllowed
	case errors.Is(err, vingd.ErrNotFound):
		return NotFound
	}
	return Failed
}

// Report writes an error as one line, or as JSON.
func Report(ctx context.Context, w io.Writer, err error, command string, asJSON bool) {
	code := CodeOf(ctx, err)
	line := output.Clean(strings.ReplaceAll(err.Error(), "\n", "; "))
	if ctx.Err() != nil && line == ctx.Err().Error() { // a longer line says what was interrupted
		line = "interrupted"
	}
	if asJSON {
		outcome := "not done"
		var incomplete *batch.IncompleteError
		var earlier *batch.EarlierError
		switch {
		case errors.Is(err, errUnprinted):
			outcome = "done"
		case code == Unknown:
			outcome = "unknown"
		case code == Partly, errors.As(err, &incomplete) && incomplete.Done > 0, errors.As(err, &earlier):
			outcome = "partly done"
		}
		text, _ := json.Marshal(map[string]any{"error": map[string]any{"message": line, "exit_code": code, "outcome": outcome}})
		fmt.Fprintf(w, "%s\n", text) //nolint:errcheck // stderr is gone, and there is no other place
		return
	}
	line = "vingd: " + strings.TrimPrefix(line, "vingd: ")
	if usage := (*UsageError)(nil); errors.As(err, &usage) {
		line += " (see " + command + " --help)"
	}
	fmt.Fprintln(w, line) //nolint:errcheck // stderr is gone, and there is no other place
}
