package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// childEnv, in the environment, makes the test binary a job that is killed. It holds an errand in JSON.
const childEnv = "VINGD_BATCH_CHILD"

// An errand is what a child does.
type errand struct {
	Dir      string // of the journal and the rows
	Endpoint string
	KillAt   int64 // the step at which the child kills itself; 0 is never
	Blocks   int   // of 512 bytes: no file of the child grows further; 0 is no limit
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := runErrand(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// A list is the rows of a plan, of one kind.
type list struct {
	Rewards  []batch.Reward
	Vouchers []voucherRow
}

// A voucherRow is a voucher that expires when it does by default.
type voucherRow struct {
	Amount  vingd.Cents
	Message string
	Group   vingd.GroupID
}

func (l *list) open(ctx context.Context, journal string) (*batch.Job, error) {
	if l.Rewards != nil {
		return batch.OpenRewards(ctx, journal, l.Rewards)
	}
	vouchers := make([]batch.Voucher, len(l.Vouchers))
	for i, v := range l.Vouchers {
		vouchers[i] = batch.Voucher{Amount: v.Amount, Message: v.Message, Group: v.Group}
	}
	return batch.OpenVouchers(ctx, journal, vouchers)
}

func runErrand(text string) (err error) {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(e.Dir, "rows"))
	if err != nil {
		return err
	}
	var rows list
	if err := json.Unmarshal(content, &rows); err != nil {
		return err
	}
	ctx := context.Background()
	k := &killer{next: http.DefaultTransport, at: e.KillAt}
	// The test waits until the broker has nothing in flight, so there is nothing to wait for.
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(e.Endpoint), vingd.WithLoopbackHTTP(),
		vingd.WithSettleTime(0), vingd.WithHTTPClient(&http.Client{Transport: k}))
	if err != nil {
		return err
	}
	k.step()
	job, err := rows.open(ctx, filepath.Join(e.Dir, "journal"))
	if err != nil {
		return err
	}
	k.step()
	_, err = job.Run(ctx, client, batch.Options{OnProgress: func(batch.Progress) { k.step() }})
	return errors.Join(err, job.Close())
}

// A killer kills its process at one of its steps: before and after each request, and after each row.
type killer struct {
	next http.RoundTripper
	at   int64
	n    atomic.Int64
}

func (k *killer) step() {
	if k.n.Add(1) == k.at {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {}
	}
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.step()
	defer k.step()
	return k.next.RoundTrip(r)
}
