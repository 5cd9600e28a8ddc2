package seller

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/profile"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A pending is a folder of single rewards that were not printed yet. Each has a payroll of one row, and its journal. An account
// has one of each for a reference, however its endpoint and its login are spelled.
type pending struct {
	dir string
	own vingd.UID
}

func openPending(ctx context.Context, a *cli.App) (*pending, error) {
	dir, err := pendingDir()
	if err != nil {
		return nil, err
	}
	own, err := a.Own(ctx)
	if err != nil {
		return nil, err
	}
	if !a.DryRun() {
		err = os.MkdirAll(dir, 0o700)
	}
	return &pending{dir, own.UID}, err
}

func pendingDir() (string, error) {
	profiles, err := profile.Path()
	if err != nil {
		return "", errors.New("rewards give keeps a journal in your home folder: HOME or XDG_CONFIG_HOME must be set")
	}
	return filepath.Join(filepath.Dir(profiles), "pending"), nil
}

// pendingOf returns the journals of pending rewards, of any login, whose reference is that of a command. If the arguments do not
// tell the reference, it returns those whose reference is among them, the longest first.
func pendingOf(c *cobra.Command, args []string) (books []book) {
	dir, err := pendingDir()
	if err != nil {
		return nil
	}
	is := func(reference string) bool { return spells(args, reference) }
	if flag := c.Flags().Lookup("reference"); flag != nil && flag.Changed && c.Flags().NArg() == 2 {
		is = func(reference string) bool { return reference == flag.Value.String() }
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, file := range files {
		if r, ok := noted(file); ok && is(r.Reference) {
			books = append(books, *bookOf(r, plan.Journal(file)))
		}
	}
	slices.SortStableFunc(books, func(a, b book) int { return len(b.name) - len(a.name) })
	return books
}

// spells reports whether a reference is an argument, or several in a row: it may lack its quotation marks.
func spells(args []string, reference string) bool {
	for i, arg := range args {
		if flag, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(flag, "-") {
			arg = value
		}
		left, begins := strings.CutPrefix(reference+" ", arg+" ")
		for _, next := range args[i+1:] {
			if !begins || left == "" {
				break
			}
			left, begins = strings.CutPrefix(left, next+" ")
		}
		if begins && left == "" {
			return true
		}
	}
	return false
}

// bookOf returns the book of a reward.
func bookOf(r batch.Reward, journal string) *book {
	return &book{journal, fmt.Sprintf("reward %q", r.Reference), againAtHome}
}

// noted returns the reward of a payroll.
func noted(file string) (r batch.Reward, ok bool) {
	payroll, err := plan.ReadPayroll(file)
	if err != nil || len(payroll.Rows) != 1 {
		return batch.Reward{}, false
	}
	return payroll.Rewards()[0], true
}

// file returns the payroll of a reward of the account.
func (p *pending) file(r batch.Reward) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %q", p.own, r.Reference))
	return filepath.Join(p.dir, hex.EncodeToString(sum[:12])+".csv")
}

// asNoted returns a reward with the user's id as it was noted, which may be in other letters: the case means nothing.
func (p *pending) asNoted(r batch.Reward) batch.Reward {
	if before, ok := noted(p.file(r)); ok && strings.EqualFold(string(before.User), string(r.User)) {
		r.User = before.User
	}
	return r
}

// taken says to which other reward the reference belongs, if that is why the journal of a reward is refused.
func (p *pending) taken(r batch.Reward, err error) error {
	if before, ok := noted(p.file(r)); ok && errors.Is(err, batch.ErrOtherPlan) {
		return cli.Misuse("reference %q: belongs to a reward that has no result yet: %s", r.Reference, commandOf(before))
	}
	return err
}

// commandOf returns the command that gives a reward.
func commandOf(r batch.Reward) string {
	return fmt.Sprintf("vingd rewards give %s %v --reference %s", cli.Quoted(string(r.User)), r.Amount, cli.Quoted(r.Reference))
}

func (p *pending) journal(r batch.Reward) string { return plan.Journal(p.file(r)) }

// note writes the payroll of a reward whose journal is open.
func (p *pending) note(r batch.Reward) error {
	var b bytes.Buffer
	lines := csv.NewWriter(&b)
	if err := lines.WriteAll([][]string{{"huid", "amount", "reference"}, {string(r.User), r.Amount.String(), r.Reference}}); err != nil {
		return err
	}
	return private.Write(p.file(r), b.Bytes())
}

// remove removes a reward whose outcome was printed. The journal must be open: another process could open a closed one just
// before it is removed.
func (p *pending) remove(r batch.Reward) {
	private.RemoveLeftovers(p.file(r))
	_ = os.Remove(p.file(r))
	_ = os.Remove(p.journal(r))
}

// closed removes the journal of such a reward on Windows, once the job is closed. Windows removes no file that a process has open,
// so neither does it remove that of another process.
func (p *pending) closed(r batch.Reward) {
	if runtime.GOOS == "windows" {
		_ = os.Remove(p.journal(r))
	}
}

// sayOthers names the other rewards of the account that may have been given, and whose result was not printed.
func (p *pending) sayOthers(ctx context.Context, a *cli.App, own batch.Reward) {
	files, _ := filepath.Glob(filepath.Join(p.dir, "*.csv"))
	for _, file := range files {
		r, ok := noted(file)
		if _, err := os.Stat(plan.Journal(file)); !ok || err != nil || p.file(r) != file || r == own {
			continue
		}
		job, err := batch.OpenRewards(ctx, p.journal(r), []batch.Reward{r})
		if err != nil {
			continue // another process is at it
		}
		if state := job.Rows()[0].State; state == batch.Unknown || state == batch.Done {
			a.Say("An earlier reward has no result yet. Run its command again: %s", commandOf(r))
		}
		_ = job.Close() // nothing was written
	}
}
