package seller

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/cli"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/private"
	"github.com/vingd/vingd-api-go/cmd/vingd/internal/profile"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A pending is a folder of single rewards that were not printed yet. Each has a payroll of one row, and its journal.
type pending struct {
	dir   string
	login *cli.Login
}

func openPending(a *cli.App) (*pending, error) {
	login, err := a.Login()
	if err != nil {
		return nil, err
	}
	dir, err := pendingDir()
	if err != nil || a.DryRun() {
		return &pending{dir, login}, err
	}
	return &pending{dir, login}, os.MkdirAll(dir, 0o700)
}

func pendingDir() (string, error) {
	profiles, err := profile.Path()
	return filepath.Join(filepath.Dir(profiles), "pending"), err
}

// pendingOf returns the journals of pending rewards, of any login, whose user, amount and reference are among the arguments of a
// command. The arguments may be wrong otherwise, and the login may be missing.
func pendingOf(args []string) (journals []string) {
	dir, err := pendingDir()
	if err != nil {
		return nil
	}
	has := func(r batch.Reward) bool {
		amount := func(arg string) bool { cents, err := vingd.ParseCents(arg); return err == nil && cents == r.Amount }
		return slices.Contains(args, string(r.User)) && slices.ContainsFunc(args, amount) &&
			(slices.Contains(args, r.Reference) || slices.Contains(args, "--reference="+r.Reference))
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	for _, file := range files {
		payroll, err := plan.ReadPayroll(file)
		if err == nil && len(payroll.Rows) == 1 && has(payroll.Rewards()[0]) {
			journals = append(journals, plan.Journal(file))
		}
	}
	return journals
}

// file returns the payroll of a reward of the login.
func (p *pending) file(r batch.Reward) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %q", p.login.Where(), p.login.Key, r.User, r.Amount, r.Reference))
	return filepath.Join(p.dir, hex.EncodeToString(sum[:12])+".csv")
}

func (p *pending) journal(r batch.Reward) string { return p.file(r) + ".journal" }

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
// before it is removed. A journal that stays, as on Windows, does no harm.
func (p *pending) remove(r batch.Reward) {
	private.RemoveLeftovers(p.file(r))
	_ = os.Remove(p.file(r))
	_ = os.Remove(p.journal(r))
}

// sayOthers names the other rewards of the login that may have been given, and whose result was not printed.
func (p *pending) sayOthers(ctx context.Context, a *cli.App, own batch.Reward) {
	files, _ := filepath.Glob(filepath.Join(p.dir, "*.csv"))
	for _, file := range files {
		payroll, err := plan.ReadPayroll(file)
		if err != nil || len(payroll.Rows) != 1 {
			continue
		}
		r := payroll.Rewards()[0]
		if _, err := os.Stat(p.journal(r)); err != nil || p.file(r) != file || r == own {
			continue
		}
		job, err := batch.OpenRewards(ctx, p.journal(r), []batch.Reward{r})
		if err != nil {
			continue // another process is at it
		}
		if state := job.Rows()[0].State; state == batch.Unknown || state == batch.Done {
			a.Say("An earlier reward has no result yet. Run its command again: vingd rewards give %s %v --reference %s",
				cli.Quoted(string(r.User)), r.Amount, cli.Quoted(r.Reference))
		}
		_ = job.Close() // nothing was written
	}
}
