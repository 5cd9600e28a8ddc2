package newspaper

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// rewardAmount is what a reader gets who reads an article to its end.
const rewardAmount = vingd.Cents(10)

// settling is how long the ledger is asked for a reward whose outcome is unknown. If the ledger does not show the reward by
// then, it was not given.
const settling = 15 * time.Minute

// errUnsettled says that the outcome of a reward is still unknown.
var errUnsettled = errors.New("it is not known yet whether the reward was given")

// reasonPattern matches what rewards are given for, in the description of a transfer. See [reasonOf].
var reasonPattern = regexp.MustCompile(`Read [a-z]+, reader [0-9a-f]+\.`)

// rewards gives each reader a reward for each article, once. Vingd's API has no safe retry of a reward. Each
// reward has a unique reason, by which it is found in the ledger. Two newspapers on one account would need a
// database in common in the place of the maps.
type rewards struct {
	client *vingd.Client
	clock  func() time.Time
	amount vingd.Cents
	seller vingd.UID
	turn   chan struct{} // of who sends a reward, one at a time

	mu      sync.Mutex
	done    map[string]bool      // by their reasons
	unknown map[string]time.Time // since when
}

// newRewards reads in the ledger which rewards were given before.
func newRewards(ctx context.Context, client *vingd.Client, clock func() time.Time) (*rewards, error) {
	profile, err := client.Users.Profile(ctx)
	if err != nil {
		return nil, err
	}
	rw := &rewards{
		client: client, clock: clock, amount: rewardAmount, seller: profile.UID, turn: make(chan struct{}, 1),
		done: make(map[string]bool), unknown: make(map[string]time.Time),
	}
	return rw, rw.read(ctx, vingd.Time{})
}

// reasonOf returns what a reward is given for, as the ledger keeps it.
func reasonOf(reader vingd.HUID, slug string) string {
	return "Read " + slug + ", reader " + string(reader) + "."
}

// given reports whether a reader has the reward for an article.
func (rw *rewards) given(reader vingd.HUID, slug string) bool {
	rw.mu.Lock()
	defer rw.mu.Unlock()
	return rw.done[reasonOf(reader, slug)]
}

// give gives a reader the reward for an article, once. It returns [errUnsettled] if the outcome is unknown.
//
// It moves money. It goes on if the reader closes the page, because the outcome would be unknown.
func (rw *rewards) give(ctx context.Context, reader vingd.HUID, slug string) error {
	select {
	case rw.turn <- struct{}{}:
		defer func() { <-rw.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx = context.WithoutCancel(ctx) // the client ends a call in time
	if rw.given(reader, slug) {
		return nil
	}
	reason := reasonOf(reader, slug)
	rw.mu.Lock()
	since, unknown := rw.unknown[reason]
	rw.mu.Unlock()
	if unknown {
		if done, err := rw.settle(ctx, reason, since); done || err != nil {
			return err
		}
	}
	now := rw.clock()
	_, err := rw.client.Rewards.Create(ctx, reader, vingd.RewardParams{Amount: rw.amount, Description: reason})
	if errors.Is(err, vingd.ErrOutcomeUnknown) {
		rw.note(reason, false, now)
		if done, _ := rw.settle(ctx, reason, now); done {
			return nil
		}
		return errors.Join(errUnsettled, err)
	}
	if err == nil {
		rw.note(reason, true, now)
	}
	return err
}

// settle finds out whether a reward was given after all, and reports whether it was. Before the ledger's silence says
// that it was not, the error is [errUnsettled].
func (rw *rewards) settle(ctx context.Context, reason string, since time.Time) (done bool, err error) {
	if err := rw.read(ctx, vingd.At(since.Add(-time.Minute))); err != nil {
		return false, errors.Join(errUnsettled, err)
	}
	rw.mu.Lock()
	defer rw.mu.Unlock()
	if !rw.done[reason] && rw.clock().Before(since.Add(settling)) {
		return false, errUnsettled
	}
	delete(rw.unknown, reason)
	return rw.done[reason], nil
}

// read reads in the ledger which rewards were given since.
func (rw *rewards) read(ctx context.Context, since vingd.Time) error {
	for transfer, err := range rw.client.Transfers.All(ctx, vingd.TransferFilter{From: rw.seller, Since: since}) {
		if err != nil {
			return err
		}
		if reason := reasonPattern.FindString(transfer.Description); reason != "" {
			rw.note(reason, true, transfer.Time)
		}
	}
	return nil
}

// note remembers that a reward was given, or since when its outcome is unknown.
func (rw *rewards) note(reason string, done bool, since time.Time) {
	rw.mu.Lock()
	defer rw.mu.Unlock()
	if done {
		rw.done[reason] = true
		return
	}
	rw.unknown[reason] = since
}
