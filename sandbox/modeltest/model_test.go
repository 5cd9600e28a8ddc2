package modeltest_test

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A model is a broker in memory. It is written from the documents of the API, of package sandbox and of the controls, without
// a look at the code. Rows refer to each other by their index. An id is zero until a response shows it.
type model struct {
	now   time.Time
	ahead time.Duration

	accounts  []account
	objects   []object
	orders    []order
	purchases []purchase
	vouchers  []voucher
	log       []entry
	transfers []transfer

	// grants has the delegate permissions of a user, and huids the number of a user as a seller sees it.
	grants map[pair][]string
	huids  map[pair]string
}

type pair struct{ seller, user int }

// The accounts of the broker itself. Their numbers are those that the first response shows.
const (
	mint   = -1
	escrow = -2
)

type account struct {
	uid      int64
	username string // empty for a buyer
	name     string
	flags    []string
	balance  int64
	created  time.Time
}

type object struct {
	oid               int64
	owner             int
	description       string // its JSON
	name              string
	created, modified time.Time
}

type order struct {
	id               int64
	object           int
	price            int64
	context          any // a text or nil
	expires, created time.Time
}

type state int

const (
	reserved state = iota
	paidOut        // a committed purchase, or a redeemed voucher
	revoked
	lapsed // a refunded purchase, or an expired voucher
)

type purchase struct {
	id, transfer int64
	order        int // -1 for a delegated purchase
	object       int
	buyer        int
	anonymous    bool
	name         string
	price        int64
	tid          string
	verified     bool
	state        state
	due          time.Time
}

type voucher struct {
	vid, transfer        int64
	code                 string
	owner                int
	amount               int64
	gid                  any
	message, description any
	created, until       time.Time
	state                state
	to                   int // -1 until it is redeemed
}

type entry struct {
	id, transfer int64
	action       string
	voucher      int
	at           time.Time
}

type transfer struct {
	id       int64
	amount   int64
	from, to int
	class    int
	at       time.Time
	message  any // of a reward
	object   int // of a purchase; -1 otherwise
}

func (m *model) clone() *model {
	c := *m
	c.accounts = slices.Clone(m.accounts)
	c.objects = slices.Clone(m.objects)
	c.orders = slices.Clone(m.orders)
	c.purchases = slices.Clone(m.purchases)
	c.vouchers = slices.Clone(m.vouchers)
	c.log = slices.Clone(m.log)
	c.transfers = slices.Clone(m.transfers)
	c.grants, c.huids = maps.Clone(m.grants), maps.Clone(m.huids)
	return &c
}

var allFlags = []string{
	"voucher.add", "voucher.get", "voucher.history", "voucher.revoke", "transfer.outbound", "type.business", "user.create",
	"purchase.object.authorize",
}

// newModel returns a model with the fixtures. The ids are bound by the caller.
func newModel() *model {
	m := &model{now: start, grants: map[pair][]string{}, huids: map[pair]string{}}
	for _, seller := range []account{
		{username: "test@vingd.com", balance: 100000, flags: allFlags},
		{username: "b@example.com", balance: 100000, flags: allFlags},
		{username: "c@example.com", balance: 700, flags: allFlags},
		{username: "clerk@example.com", balance: 900, flags: []string{"voucher.add", "voucher.get", "voucher.history"}},
		{username: "guest@example.com", balance: 300},
	} {
		seller.name = seller.username
		m.addAccount(seller)
	}
	for _, buyer := range []account{{name: "Ann", balance: 1000}, {name: "Bob", balance: 50}, {name: "Cid", balance: 100000}} {
		m.addAccount(buyer)
	}
	m.objects = []object{{name: "An essay", description: `{"name":"An essay","url":"http://localhost:8000/essay"}`, created: start, modified: start}}
	m.orders = []order{{price: 200, context: "essay", created: start, expires: start.Add(24 * time.Hour)}}
	return m
}

func (m *model) addAccount(a account) int {
	balance := a.balance
	a.balance, a.created = 0, m.now
	m.accounts = append(m.accounts, a)
	i := len(m.accounts) - 1
	if balance > 0 {
		m.transfer(mint, i, balance, 5, m.now)
	}
	return i
}

// transfer moves money, and returns the index of the transfer.
func (m *model) transfer(from, to int, amount int64, class int, at time.Time) int {
	if from >= 0 {
		m.accounts[from].balance -= amount
	}
	if to >= 0 {
		m.accounts[to].balance += amount
	}
	m.transfers = append(m.transfers, transfer{from: from, to: to, amount: amount, class: class, at: at, object: -1})
	return len(m.transfers) - 1
}

// advance moves the clock, and settles what is due by then, in the order of time.
func (m *model) advance(d time.Duration) {
	m.now, m.ahead = m.now.Add(d), m.ahead+d
	m.settle()
}

func (m *model) settle() {
	type event struct {
		at   time.Time
		done func()
	}
	var due []event
	for i := range m.purchases {
		if p := &m.purchases[i]; p.state == reserved && !p.due.After(m.now) {
			due = append(due, event{p.due, func() {
				p.state = lapsed
				m.transfer(escrow, p.buyer, p.price, 8, p.due)
			}})
		}
	}
	for i := range m.vouchers {
		if v := &m.vouchers[i]; v.state == reserved && !v.until.After(m.now) {
			at := v.until
			if at.Before(v.created) {
				at = v.created
			}
			due = append(due, event{at, func() {
				v.state = lapsed
				m.transfer(escrow, v.owner, v.amount, 7, at)
				m.log = append(m.log, entry{action: "expire", voucher: i, at: at})
			}})
		}
	}
	slices.SortStableFunc(due, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range due {
		e.done()
	}
}

func (m *model) has(seller int, flag string) bool {
	return slices.Contains(m.accounts[seller].flags, flag)
}

// bounds are the filters first and last of a list. Zero is unlimited.
type bounds struct{ first, last int }

// cut keeps the rows that are among the oldest and among the newest. The rows are in the order of time.
func cut[T any](rows []T, b bounds) []T {
	from, to := 0, len(rows)
	if b.first > 0 {
		to = min(to, b.first)
	}
	if b.last > 0 {
		from = max(from, len(rows)-b.last)
	}
	return rows[min(from, to):to]
}

// byTime sorts rows by their time of creation, and by id within one.
func byTime[T any](rows []T, at func(T) time.Time, id func(T) int64) {
	slices.SortFunc(rows, func(a, b T) int { return cmp.Or(at(a).Compare(at(b)), cmp.Compare(id(a), id(b))) })
}

// span has the filters of time of a list. Nil is unlimited. No bound belongs to its span.
type span struct{ after, before *time.Time }

func (s span) has(t time.Time) bool {
	return (s.after == nil || t.After(*s.after)) && (s.before == nil || t.Before(*s.before))
}
