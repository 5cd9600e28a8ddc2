package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Reward is a row that gives a user money. It cannot be taken back.
type Reward struct {
	User   vingd.HUID
	Amount vingd.Cents
	// Reference belongs to this payment only, for all time. It is the description of the reward, and must be valid for
	// [vingd.RewardService.Reconcile]. References that differ only in their numbers, such as
	// "payroll 2026-01 no. 17", are best.
	Reference string
}

// A Voucher is a row that makes a voucher, which reserves its amount.
type Voucher struct {
	Amount  vingd.Cents
	Expires vingd.Time    // If zero, vingd.DefaultVoucherExpiry from the call is used.
	Message string        // Optional. Shown to the user who redeems the voucher.
	Group   vingd.GroupID // Optional.
	// Note is part of the plan and stays here: the broker does not see it. A plan with other notes is another plan.
	Note string
}

// A plan is the rows of a job, as the journal and the broker know them.
type plan struct {
	kind    kind
	rows    []item
	digest  string // of everything in it
	earlier func(ctx context.Context, c *vingd.Client, own vingd.UID) earlierRows
}

type kind string

const (
	rewards  kind = "rewards"
	vouchers kind = "vouchers"
)

// An item is a row that can be sent.
type item interface {
	amount() vingd.Cents
	reference() string
	// send makes the call, once.
	send(ctx context.Context, c *vingd.Client) (result, error)
	// reconcile finds out the outcome of a call that was sent at a time, or later.
	reconcile(ctx context.Context, c *vingd.Client, sent time.Time) (result, error)
	// refusal returns why the row must not be sent at a time, or an empty text.
	refusal(now time.Time) string
}

// A result is what a row gave.
type result struct {
	code     vingd.VoucherCode // of a voucher
	transfer vingd.TransferID
}

func planRewards(list []Reward) (*plan, error) {
	p, sum, seen := newPlan(rewards), newDigest(rewards), make(map[string]int, len(list))
	for i, r := range list {
		if seen[r.Reference] > 0 {
			return nil, &rowError{i + 1, fmt.Sprintf("reference %q: must be unique, is that of row %d", r.Reference, seen[r.Reference])}
		}
		seen[r.Reference] = i + 1
		add(sum, string(r.User), r.Amount.String(), r.Reference)
		p.rows = append(p.rows, &reward{r})
	}
	p.digest, p.earlier = hex.EncodeToString(sum.Sum(nil)), earlierRewards
	return p, p.check()
}

func planVouchers(list []Voucher) (*plan, error) {
	p, sum := newPlan(vouchers), newDigest(vouchers)
	for _, v := range list {
		add(sum, v.Amount.String(), expiryText(v.Expires), v.Message, string(v.Group), v.Note)
	}
	p.digest, p.earlier = hex.EncodeToString(sum.Sum(nil)), earlierVouchers
	name := "batch " + digits(sum.Sum(nil))
	width := len(strconv.Itoa(len(list))) // references of one length: a shorter one does not show that the broker keeps a longer one
	for i, v := range list {
		p.rows = append(p.rows, &voucher{v, fmt.Sprintf("%s.%0*d", name, width, i+1)})
	}
	return p, p.check()
}

// expiryText returns the text by which the digest tells an expiry from others. A point in time has one, whatever its zone is, as
// precise as the API keeps it.
func expiryText(t vingd.Time) string {
	if at, ok := fixed(t); ok {
		return at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	if t.IsZero() {
		return ""
	}
	return t.String()
}

// fixed returns the point in time that t is, and reports false for a relative time and the default.
func fixed(t vingd.Time) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, t.String())
	return at, err == nil
}

// digits returns a digest as 20 decimal digits, four at a time: a broker may mask longer numbers as those of cards.
func digits(digest []byte) string {
	n := new(big.Int).SetBytes(digest)
	text := fmt.Sprintf("%020d", n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil)))
	return text[:4] + "." + text[4:8] + "." + text[8:12] + "." + text[12:16] + "." + text[16:]
}

func newPlan(k kind) *plan { return &plan{kind: k} }

func newDigest(k kind) hash.Hash {
	h := sha256.New()
	add(h, "vingd batch", string(k))
	return h
}

// add adds the fields of a row, so that no two rows add the same.
func add(h hash.Hash, fields ...string) {
	fmt.Fprintf(h, "%q\n", fields) //nolint:errcheck // a hash takes everything
}

// check returns an error if the client refuses to send or to look up a row. It sends nothing.
func (p *plan) check() error {
	client, err := vingd.New(vingd.Key("nobody", "nothing"))
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for i, row := range p.rows {
		if row.amount() < 1 {
			return &rowError{i + 1, fmt.Sprintf("amount %v: must be above zero", row.amount())}
		}
		var refused *vingd.ArgumentError
		for _, call := range []func() (result, error){
			func() (result, error) { return row.send(ended, client) },
			func() (result, error) { return row.reconcile(ended, client, time.Now()) },
		} {
			if _, err := call(); errors.As(err, &refused) {
				if p.kind == rewards && refused.Argument == "description" {
					refused.Argument = "reference" // as the row has it
				}
				return &rowError{i + 1, refused.Argument + " " + refused.Problem}
			}
		}
	}
	return nil
}

// A rowError says which row of a plan cannot be sent. It is a [vingd.ErrInvalidArgument].
type rowError struct {
	row     int
	problem string
}

func (e *rowError) Error() string        { return fmt.Sprintf("row %d: %s", e.row, e.problem) }
func (e *rowError) Is(target error) bool { return target == vingd.ErrInvalidArgument }

// A reward is an item.
type reward struct{ Reward }

func (r *reward) amount() vingd.Cents { return r.Amount }
func (r *reward) reference() string   { return r.Reference }

func (r *reward) params() vingd.RewardParams {
	return vingd.RewardParams{Amount: r.Amount, Description: r.Reference}
}

func (r *reward) send(ctx context.Context, c *vingd.Client) (result, error) {
	transfer, err := c.Rewards.Create(ctx, r.User, r.params())
	return result{transfer: transfer}, err
}

func (r *reward) reconcile(ctx context.Context, c *vingd.Client, sent time.Time) (result, error) {
	transfer, err := c.Rewards.Reconcile(ctx, r.User, r.params(), sent)
	return result{transfer: transfer}, err
}

// A reward does not expire.
func (r *reward) refusal(time.Time) string { return "" }

// A voucher is an item.
type voucher struct {
	Voucher

	ref string
}

func (v *voucher) amount() vingd.Cents { return v.Amount }
func (v *voucher) reference() string   { return v.ref }

func (v *voucher) params() vingd.VoucherParams {
	return vingd.VoucherParams{Amount: v.Amount, Expires: v.Expires, Message: v.Message, Group: v.Group, Description: v.ref}
}

func (v *voucher) send(ctx context.Context, c *vingd.Client) (result, error) {
	return voucherResult(c.Vouchers.Create(ctx, v.params()))
}

func (v *voucher) reconcile(ctx context.Context, c *vingd.Client, sent time.Time) (result, error) {
	return voucherResult(c.Vouchers.Reconcile(ctx, v.params(), sent))
}

// A voucher that has expired before it is sent could not be redeemed.
func (v *voucher) refusal(now time.Time) string {
	text := v.Expires.String()
	switch at, ok := fixed(v.Expires); {
	case ok && at.After(now):
		return ""
	case !ok && text != "in 0s" && !strings.HasSuffix(text, " ago"): // it is relative, or the default
		return ""
	}
	return fmt.Sprintf("expires %s: must be in the future, the row is not sent", text)
}

func voucherResult(v *vingd.Voucher, err error) (result, error) {
	if err != nil {
		return result{}, err
	}
	return result{code: v.Code, transfer: v.Transfer}, nil
}
