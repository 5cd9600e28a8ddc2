package modeltest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
)

// roundCalls is the number of calls of each client between two comparisons.
const roundCalls = 60

// crowd is eight clients that call at once. The clients share their knowledge of the sandbox.
type crowd struct {
	t *testing.T
	// The process is replaced while no client copies it.
	swap    sync.RWMutex
	process *process

	// started and ended count resets.
	started, ended atomic.Int64

	mu      sync.Mutex
	deeds   []deed
	orders  []known
	tokens  []known
	bought  []known
	codes   []known
	users   []known
	objects map[int]int64 // of a seller
}

// known is an id that a response showed.
type known struct {
	seller, buyer int
	id, transfer  int64
	secret        string
	amount        int64
}

// deed is a call that changes something, with what the client knows afterwards.
type deed struct {
	kind, ref     string
	seller, buyer int
	amount        int64
	id, transfer  int64
	object        int64 // of a paid token
	acknowledged  bool
	// The resets that had started when the call returned, and that had ended when it was made.
	startedAfter, endedBefore int64
}

// gone reports that a reset has deleted the deed. Certain reports that no reset did. A call during a reset is neither.
func (d deed) gone(resets int64) bool    { return d.startedAfter < resets }
func (d deed) certain(resets int64) bool { return d.endedBefore == resets && d.acknowledged }

// crowdSellers are the sellers as whom the clients of a crowd log in: the third one has little money.
var crowdSellers = []int{0, 0, 0, 1, 1, 1, 2, 2}

var crowdLogins = []string{"test@vingd.com", "b@example.com", "c@example.com"}

// TestModel_EightAtOnce lets eight clients call at once, while responses are lost and the sandbox is killed, restarted and
// reset. It compares what every order of the calls has in common: the sums of money, nothing is done twice, and each
// acknowledged thing is there. VINGD_MODEL_SEED repeats the draws of a run.
func TestModel_EightAtOnce(t *testing.T) {
	seed := uint64(endure.Number(t, "VINGD_MODEL_SEED", int(rand.Uint32())))
	rounds := max(2, endure.Number(t, "VINGD_MODEL_STEPS", endure.Rounds(960, 320))/(roundCalls*len(crowdSellers)))
	t.Logf("seed %d", seed)
	p := newProcess(t)
	total := map[string]int{}
	for round := range rounds {
		c := &crowd{t: t, process: p, objects: map[int]int64{}}
		c.run(rand.New(rand.NewPCG(seed, uint64(round))), round)
		if c.compare(total); t.Failed() {
			t.Fatalf("seed %d, round %d", seed, round)
		}
	}
	t.Logf("%d rounds: %v", rounds, total)
	for _, kind := range []string{"order", "pay", "verify", "commit", "reward", "voucher", "redeem", "revoke", "purchase"} {
		if rounds > 10 && total[kind] == 0 {
			t.Errorf("no call of kind %s was acknowledged", kind)
		}
	}
}

// run starts from new, and lets the clients call.
func (c *crowd) run(draws *rand.Rand, round int) {
	c.mustControl("POST", "reset", nil, nil)
	c.makeObjects()
	var clients, others sync.WaitGroup
	var calls atomic.Int64
	for client, seller := range crowdSellers {
		own := rand.New(rand.NewPCG(draws.Uint64(), uint64(client)))
		clients.Go(func() {
			for n := range roundCalls {
				c.call(own, seller, fmt.Sprintf("r%d-c%d-n%d", round, client, n))
				calls.Add(1)
			}
		})
	}
	// The troubles of a round come at a draw of its progress.
	trouble := []string{"kill", "stop", "reset", "faults", "save", "advance"}[draws.IntN(6)]
	at := draws.Int64N(roundCalls * int64(len(crowdSellers)))
	stop := make(chan struct{})
	others.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for calls.Load() < at {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
		c.trouble(trouble, draws)
	})
	clients.Wait()
	close(stop)
	others.Wait()
	c.mustControl("DELETE", "faults", nil, nil)
}

func (c *crowd) trouble(what string, draws *rand.Rand) {
	switch what {
	case "kill", "stop":
		c.swap.Lock()
		defer c.swap.Unlock()
		end := c.process.kill
		if what == "stop" {
			end = c.process.stop
		}
		if err := end(); err != nil {
			c.t.Error(err)
		}
		if err := c.process.start(); err != nil {
			c.t.Error(err)
		}
	case "reset":
		c.started.Add(1)
		c.mustControl("POST", "reset", nil, nil)
		c.ended.Add(1)
		c.mu.Lock()
		c.orders, c.tokens, c.bought, c.codes, c.users = nil, nil, nil, nil, nil
		c.mu.Unlock()
		c.makeObjects()
	case "faults":
		c.mustControl("POST", "faults", row{"hang_up": true, "done": true, "fraction": 0.1, "seed": draws.Uint32(), "count": 20}, nil)
		c.mustControl("POST", "faults", row{"status": 503, "fraction": 0.1, "seed": draws.Uint32(), "count": 20}, nil)
		c.mustControl("POST", "faults", row{"cut": true, "fraction": 0.1, "seed": draws.Uint32(), "count": 20}, nil)
	case "save":
		to, err := c.process.save()
		if err == nil {
			err = sandbox.CheckFile(to)
		}
		if err != nil {
			c.t.Error(err)
		}
	case "advance":
		for range 5 {
			c.mustControl("POST", "clock", row{"advance": "4m"}, nil)
		}
	}
}

// ask sends a request on a connection of its own. During a restart it waits.
func (c *crowd) ask(seller int, method, path string, body any) response {
	c.swap.RLock()
	p := *c.process
	c.swap.RUnlock()
	if seller < 0 {
		return p.request(p.single, "", method, "/-/"+path, body)
	}
	return p.request(p.single, crowdLogins[seller], method, "/broker/v1/"+path, body)
}

func (c *crowd) mustControl(method, path string, body, into any) {
	if err := controlOK(c.ask(-1, method, path, body), into); err != nil {
		c.t.Error(err)
	}
}

// must decodes the data of a call that meets no trouble.
func (c *crowd) must(r response, into any) {
	c.t.Helper()
	if err := loosely(r, into); err != nil {
		c.t.Error(err)
	}
}

func (c *crowd) makeObjects() {
	for seller := range crowdLogins {
		var list []struct{ OID int64 }
		for range 20 {
			// A client may have armed a fault for this call.
			_ = c.ask(seller, "POST", "registry/objects/", row{"description": row{"name": "shared", "url": "http://localhost:8000/"}})
			if loosely(c.ask(seller, "GET", "registry/objects", nil), &list) == nil && len(list) > 0 {
				break
			}
		}
		c.mu.Lock()
		if len(list) > 0 {
			c.objects[seller] = list[len(list)-1].OID
		}
		c.mu.Unlock()
	}
}

// note records a deed. The response decides whether it is acknowledged: any response but the success of the operation leaves
// it open, or refuses it.
func (c *crowd) note(d deed, r response, into any) bool {
	d.startedAfter = c.started.Load()
	if r.err == nil && r.status < 300 {
		text := r.body
		var envelope struct{ Data json.RawMessage }
		if json.Unmarshal(text, &envelope) == nil && len(envelope.Data) > 0 {
			text = envelope.Data
		}
		d.acknowledged = json.Unmarshal(text, into) == nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch shown := into.(type) {
	case *shownIDs:
		if d.kind == "pay" {
			d.ref, d.object = shown.TID, objectOf(*shown)
		} else {
			d.id = shown.id()
		}
		d.transfer = shown.Transfer + shown.TransferID + shown.Reward
	case *map[string]int64:
		d.acknowledged = d.acknowledged && len(*shown) > 0
		for _, id := range *shown {
			d.transfer = id
		}
	}
	c.deeds = append(c.deeds, d)
	return d.acknowledged
}

// shownIDs are the ids of any response to a client of a crowd.
type shownIDs struct {
	IDs                     []int64
	HUID, TID               string
	PurchaseID, TransferID  int64
	Transfer                int64  `json:"id_fort_transfer"`
	Reward                  int64  `json:"transfer_id"`
	VID                     int64  `json:"vid"`
	Code                    string `json:"vid_encoded"`
	Amount                  int64
	Object, Context, Return any
}

func (s *shownIDs) id() int64 {
	if len(s.IDs) == 1 {
		return s.IDs[0]
	}
	return s.PurchaseID + s.VID
}

// one draws something that the clients know, or nothing.
func one(draws *rand.Rand, from []known, holds func(known) bool) (known, bool) {
	fit := slices.DeleteFunc(slices.Clone(from), func(k known) bool { return !holds(k) })
	if len(fit) == 0 {
		return known{}, false
	}
	// The newest are wanted by most, so that the clients race for them.
	return fit[max(0, len(fit)-1-draws.IntN(4))], true
}

// buyerUIDs are the accounts of Ann, Bob and Cid.
var buyerUIDs = []int64{4716, 4717, 4718}

// call makes one random call of a client.
func (c *crowd) call(draws *rand.Rand, seller int, ref string) {
	c.mu.Lock()
	ofSeller := func(k known) bool { return k.seller == seller }
	anyone := func(known) bool { return true }
	order, hasOrder := one(draws, c.orders, anyone)
	token, hasToken := one(draws, c.tokens, ofSeller)
	bought, hasBought := one(draws, c.bought, ofSeller)
	code, hasCode := one(draws, c.codes, anyone)
	user, hasUser := one(draws, c.users, ofSeller)
	object := c.objects[seller]
	c.mu.Unlock()
	buyer := draws.IntN(len(buyerUIDs))
	amount := draws.Int64N(60)
	until := start.Add(time.Hour).Format("2006-01-02T15:04:05-07:00")
	d := deed{ref: ref, seller: seller, buyer: buyer, amount: amount, endedBefore: c.ended.Load()}
	if d.endedBefore != c.started.Load() {
		d.endedBefore = -1
	}
	var shown shownIDs
	learn := func(to *[]known, k known) {
		c.mu.Lock()
		*to = append(*to, k)
		c.mu.Unlock()
	}
	switch kind := draws.IntN(20); {
	case kind < 2 || kind < 5 && !hasOrder:
		d.kind = "order"
		r := c.ask(seller, "POST", fmt.Sprintf("objects/%d/orders/", object), row{"price": amount, "order_expires": until, "context": ref})
		if c.note(d, r, &shown) && len(shown.IDs) == 1 {
			learn(&c.orders, known{seller: seller, id: shown.IDs[0], amount: amount})
		}
	case kind < 5:
		d.kind, d.seller, d.amount, d.id = "pay", order.seller, order.amount, order.id
		r := c.ask(-1, "POST", fmt.Sprintf("buyers/%d/pay", buyerUIDs[buyer]), row{"order": order.id})
		if c.note(d, r, &shown) {
			learn(&c.tokens, known{seller: order.seller, buyer: buyer, secret: shown.TID, id: objectOf(shown), amount: order.amount})
		}
	case kind < 8 && hasToken:
		d.kind, d.ref, d.buyer = "verify", token.secret, token.buyer
		r := c.ask(seller, "GET", fmt.Sprintf("objects/%d/tokens/%s", token.id, token.secret), nil)
		if c.note(d, r, &shown) {
			learn(&c.bought, known{seller: seller, buyer: token.buyer, id: shown.PurchaseID, transfer: shown.TransferID, amount: token.amount, secret: token.secret})
			learn(&c.users, known{seller: seller, secret: shown.HUID})
		}
	case kind < 11 && hasBought:
		d.kind, d.ref, d.id, d.transfer, d.buyer, d.amount = "commit", bought.secret, bought.id, bought.transfer, bought.buyer, bought.amount
		r := c.ask(seller, "PUT", fmt.Sprintf("purchases/%d", bought.id), row{"transferid": bought.transfer})
		c.note(d, r, &struct{}{})
	case kind < 12 && hasUser:
		d.kind = "reward"
		r := c.ask(seller, "POST", "rewards", row{"huid_to": user.secret, "amount": amount, "description": ref})
		c.note(d, r, &shown)
	case kind < 13:
		d.kind = "user"
		r := c.ask(seller, "POST", "id/users/", row{"identities": nil, "primary_identity": nil, "delegate_permissions": []string{"purchase.object"}})
		if c.note(d, r, &shown) {
			learn(&c.users, known{seller: seller, secret: shown.HUID})
		}
	case kind < 14 && hasUser:
		d.kind = "purchase"
		r := c.ask(seller, "POST", fmt.Sprintf("objects/%d/purchases", object), row{"price": amount / 8, "huid": user.secret, "autocommit": true})
		c.note(d, r, &shown)
	case kind < 16 || kind < 19 && !hasCode:
		d.kind = "voucher"
		var gid any
		if draws.IntN(2) == 0 {
			gid = "spring"
		}
		r := c.ask(seller, "POST", "vouchers/", row{"amount": amount, "until": until, "message": ref, "gid": gid})
		if c.note(d, r, &shown) {
			learn(&c.codes, known{seller: seller, secret: shown.Code, amount: amount})
		}
	case kind < 18:
		d.kind, d.ref, d.seller, d.amount = "redeem", code.secret, code.seller, code.amount
		r := c.ask(-1, "POST", fmt.Sprintf("buyers/%d/redeem", buyerUIDs[buyer]), row{"code": code.secret})
		if c.note(d, r, &shown) && shown.Amount != code.amount {
			c.t.Errorf("%v, want amount %d", r, code.amount)
		}
	case kind < 19:
		d.kind, d.ref, d.seller = "revoke", code.secret, code.seller
		r := c.ask(code.seller, "DELETE", "vouchers/"+code.secret, row{"revoke": true})
		c.note(d, r, &map[string]int64{})
	default:
		c.lookForOrders(seller)
	}
}

func objectOf(shown shownIDs) int64 {
	back, _ := shown.Return.(string)
	_, rest, _ := strings.Cut(back, "oid=")
	var oid int64
	_, _ = fmt.Sscan(strings.SplitN(rest, "&", 2)[0], &oid)
	return oid
}

// lookForOrders lists the orders of a seller while others make some. Those that were acknowledged before are there.
func (c *crowd) lookForOrders(seller int) {
	resets := c.ended.Load()
	c.mu.Lock()
	before := slices.Clone(c.deeds)
	c.mu.Unlock()
	r := c.ask(seller, "GET", "orders/all/", nil)
	var list []struct{ Context string }
	if r.status != http.StatusOK || loosely(r, &list) != nil || c.started.Load() != resets {
		return
	}
	for _, d := range before {
		if d.kind == "order" && d.seller == seller && d.certain(resets) &&
			!slices.ContainsFunc(list, func(o struct{ Context string }) bool { return o.Context == d.ref }) {
			c.t.Errorf("%v: order %s is acknowledged, and not there", r, d.ref)
		}
	}
}
