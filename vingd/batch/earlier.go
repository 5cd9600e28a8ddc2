package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// An EarlierError is returned as [*EarlierError] by [Job.Run] and [Job.CheckEarlier] if the broker has rows of the plan that the
// journal does not have. Another journal gave them out, or their references were used for other payments.
// [Options].Adopt marks them as done.
type EarlierError struct {
	Rows int // the number of the plan's rows that the broker has
	// Reference and Transfer belong to the first of these rows.
	Reference string
	Transfer  vingd.TransferID
}

// Error returns a message with the number of rows that the broker has, and the first of them.
func (e *EarlierError) Error() string {
	return fmt.Sprintf("the broker already has %d of the plan's rows, such as reference %q by transfer %d: use the journal that gave them out",
		e.Rows, e.Reference, e.Transfer)
}

// earlierRows are what the broker has: the references that each thing may have, and the row it then is.
type earlierRows = iter.Seq2[earlierRow, error]

type earlierRow struct {
	at         time.Time // when the broker made it; zero if the broker does not tell
	references []string
	amount     vingd.Cents
	result     result
}

// lookForEarlier reads the account's history for rows that are about to be sent. Each run does so, because a reference may
// have been used since the last one. It also finds unknown rows, whatever the machine's clock was when they were sent:
// Reconcile does not look days before that time.
func (j *Job) lookForEarlier(ctx context.Context, client *vingd.Client, own vingd.UID, adopt bool) error {
	found, taken, err := j.findEarlier(ctx, client, own)
	var earlier *EarlierError
	if err != nil && (!adopt || !errors.As(err, &earlier)) {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	changed := slices.Collect(maps.Values(found))
	for n, problem := range taken {
		j.plan.rows[n] = &takenItem{j.plan.rows[n], problem}
		if row := j.rows[n]; row.State != Unknown { // Reconcile tells of an unknown one
			row.State, row.Problem, row.taken = Refused, problem, true
			changed = append(changed, row)
		}
	}
	if err := j.journal.save(changed...); err != nil {
		return err
	}
	for _, row := range changed {
		j.set(row)
	}
	return nil
}

// CheckEarlier returns an [*EarlierError] if the broker has rows of the plan that the journal does not have, as Run
// without [Options].Adopt does. It sends no row, and leaves the journal as it is. It returns [ErrJournalInUse] during a run.
func (j *Job) CheckEarlier(ctx context.Context, client *vingd.Client) error {
	if !j.running.TryRLock() {
		return fmt.Errorf("batch: journal %s: %w", j.path, ErrJournalInUse)
	}
	defer j.running.RUnlock()
	profile, err := profileOf(ctx, client)
	if err == nil {
		_, _, err = j.findEarlier(ctx, client, profile.UID)
	}
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	return nil
}

// findEarlier returns the rows that are not done in the journal and that the broker has, by their places in the plan. It also
// returns the problems of rows whose references the broker has for other amounts only. If some of the found rows were not sent
// by this journal, it also returns an [*EarlierError].
func (j *Job) findEarlier(ctx context.Context, client *vingd.Client, own vingd.UID) (found map[int]Row, taken map[int]string, err error) {
	wanted := make(map[string]int, len(j.rows))
	for i := range j.rows {
		if j.rows[i].State != Done {
			wanted[j.rows[i].Reference] = i
		}
	}
	found, taken = map[int]Row{}, map[int]string{}
	if len(wanted) == 0 {
		return found, taken, nil
	}
	first, others := -1, 0 // rows that this journal did not send, or that were certainly not done
	for earlier, err := range j.plan.earlier(ctx, client, own) {
		if err != nil {
			return nil, nil, err
		}
		for _, reference := range earlier.references {
			n, ok := wanted[reference]
			if !ok {
				continue
			}
			row := j.rows[n]
			if earlier.amount != row.Amount {
				taken[n] = fmt.Sprintf("reference %q: the broker already has it, of %v and not of %v", reference, earlier.amount, row.Amount)
				continue
			}
			if _, again := found[n]; row.State != Unknown && !again {
				others++
				if first < 0 {
					first = n
				}
			}
			row.State, row.Code, row.Transfer, row.Problem, row.taken = Done, earlier.result.code, earlier.result.transfer, "", false
			found[n] = row
		}
	}
	for n := range found {
		delete(taken, n)
	}
	if others > 0 {
		return found, taken, &EarlierError{others, found[first].Reference, found[first].Transfer}
	}
	return found, taken, nil
}

// unbounded returns all rows of a list, some of them twice. A broker may bound the list to its oldest or its newest rows. So
// unbounded also requests the rows after the newest one, and those before the oldest one, until there are few others. If another
// job pays all the time, there are always others. Then a list that reaches the present ends it, if a longer one shows that the
// broker did not bound it.
func unbounded(ctx context.Context, list func(since, until vingd.Time) earlierRows) earlierRows {
	const few = 10 // no broker bounds a list to so few; and another job may pay at the same time
	return func(yield func(earlierRow, error) bool) {
		begun := time.Now()
		var oldest, newest time.Time
		length, longest := 0, 0 // of the last list, and of the lists before it
		read := func(since, until vingd.Time) (others int, more bool) {
			from, to := oldest, newest
			longest, more = max(length, longest), true
			err := limitWaits.patiently(ctx, func() error {
				length, others = 0, 0
				for row, err := range list(since, until) {
					if err != nil {
						return err
					}
					if more = yield(row, nil); !more {
						return nil
					}
					length++
					if row.at.IsZero() || !row.at.Before(from) && !row.at.After(to) {
						continue
					}
					others++
					if oldest.IsZero() || row.at.Before(oldest) {
						oldest = row.at
					}
					if row.at.After(newest) {
						newest = row.at
					}
				}
				return nil
			})
			if err != nil {
				yield(earlierRow{}, err)
				return 0, false
			}
			return others, more
		}
		all, more := read(vingd.Time{}, vingd.Time{})
		for n := all; more && n >= few; {
			n, more = read(vingd.At(newest.Add(-time.Second)), vingd.Time{})
			if newest.After(begun) && length < longest {
				break
			}
		}
		for n := all; more && n >= few; {
			n, more = read(vingd.Time{}, vingd.At(oldest.Add(time.Second)))
		}
	}
}

// earlierRewards returns every transfer that the account paid for. The text of a reward is somewhere in the description
// of its transfer, which is JSON.
func earlierRewards(ctx context.Context, c *vingd.Client, own vingd.UID) earlierRows {
	return unbounded(ctx, func(since, until vingd.Time) earlierRows {
		return func(yield func(earlierRow, error) bool) {
			for t, err := range c.Transfers.All(ctx, vingd.TransferFilter{From: own, Since: since, Until: until}) {
				row := earlierRow{at: t.Time, amount: t.Amount, result: result{transfer: t.ID}, references: textsOf(t.Description)}
				if !yield(row, err) {
					return
				}
			}
		}
	})
}

// textsOf returns the texts that a reward with a transfer's description may have. They are the description itself, which may
// be no JSON or a reference that is JSON, and each text in it.
func textsOf(description string) (texts []string) {
	texts = []string{description}
	var value any
	if json.Unmarshal([]byte(description), &value) != nil {
		return texts
	}
	for left := []any{value}; len(left) > 0; {
		last := left[len(left)-1]
		left = left[:len(left)-1]
		switch v := last.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			left = append(left, v...)
		case map[string]any:
			left = slices.AppendSeq(left, maps.Values(v))
		}
	}
	return texts
}

// earlierVouchers returns every voucher that the account made.
func earlierVouchers(ctx context.Context, c *vingd.Client, _ vingd.UID) earlierRows {
	return unbounded(ctx, func(since, until vingd.Time) earlierRows {
		return func(yield func(earlierRow, error) bool) {
			filter := vingd.HistoryFilter{Action: vingd.VoucherActionAdd, CreatedAfter: since, CreatedBefore: until}
			for e, err := range c.Vouchers.AllHistory(ctx, filter) {
				row := earlierRow{
					at: e.Time, amount: e.Voucher.Amount, references: []string{e.Voucher.Description},
					result: result{e.Voucher.Code, e.Voucher.Transfer},
				}
				if !yield(row, err) {
					return
				}
			}
		}
	})
}
