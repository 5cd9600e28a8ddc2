package broker

import (
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// BeginAdvance is the first part of [Broker.Advance]. Call [Broker.SettleSome] next, until it reports no more.
func (b *Broker) BeginAdvance(d time.Duration) error { return b.beginAdvance(d) }

// SettleSome is one of the transactions of [Broker.Advance].
func (b *Broker) SettleSome() (more bool, err error) { return b.settleSome() }

// Audits returns the queries of [Broker.Check], without those of the ledger.
func Audits() []string { return audits() }

// LookSteps is how many rows a look reads in a step, and in all.
const LookSteps, LookRows = lookedAt, lookedAt * maxSteps

// AddBuyers adds n buyers without money in one statement.
func (b *Broker) AddBuyers(n int) error {
	return b.do(func(s *step) error {
		first, err := s.Next("account")
		if err != nil {
			return err
		}
		const ids = "WITH RECURSIVE ids (uid) AS (SELECT $1 UNION ALL SELECT uid + 1 FROM ids WHERE uid < $2) "
		if _, err := s.Exec(ids+"INSERT INTO accounts (uid, balance) SELECT uid, 0 FROM ids", first, first+int64(n)-1); err != nil {
			return err
		}
		if _, err := s.Exec(ids+"INSERT INTO users (uid, name, created) SELECT uid, 'Buyer', $3 FROM ids", first, first+int64(n)-1, s.now.UnixMicro()); err != nil {
			return err
		}
		return s.SetState("account", first+int64(n)-1)
	})
}

// LookPlans returns how SQLite runs each kind of look, by a name of the look.
func (b *Broker) LookPlans() (plans map[string][]string, err error) {
	plans = make(map[string][]string)
	add := func(table string, of map[Kind]string, query func(Look) (string, []any, error)) {
		looks := []Look{{Limit: 10}, {Text: "x", Limit: 10}}
		for kind := range of {
			looks = append(looks, Look{Of: kind, ID: 5, Text: "x", Limit: 10})
		}
		for _, l := range looks {
			text, args, queryErr := query(l)
			plan, planErr := inStep(b, func(s *step) ([]string, error) {
				return store.All(s.Tx, func(row store.Row) (detail string, err error) {
					var id, parent, unused int
					err = row.Scan(&id, &parent, &unused, &detail)
					return detail, err
				}, "EXPLAIN QUERY PLAN "+text, args...)
			})
			err = errors.Join(err, queryErr, planErr)
			plans[fmt.Sprintf("%s of %q by %q", table, l.Of, l.Text)] = plan
		}
	}
	add(accountView.table, accountView.of, accountView.plan)
	add("buyers", buyerView.of, buyerView.plan)
	add(objectView.table, objectView.of, objectView.plan)
	add(orderView.table, orderView.of, orderView.plan)
	add(purchaseView.table, purchaseView.of, purchaseView.plan)
	add(voucherView.table, voucherView.of, voucherView.plan)
	add(transferView.table, transferView.of, transferView.plan)
	return plans, err
}

func (v *view[T]) plan(l Look) (string, []any, error) { return v.query(l, 1<<40, 5, l.Limit) }
