package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// crowd is the number of clients in a race.
const crowd = 64

const (
	// roundsVariable is the environment variable for the number of rounds of each race.
	roundsVariable = "VINGD_RACE_ROUNDS"
	// crowdRounds is its default. fileRounds is the number with a file, where each step waits for the disk.
	crowdRounds = 10
	fileRounds  = 2
	// roundsAtMost is the largest number of rounds in one sandbox, which each round makes larger.
	roundsAtMost = 250
)

// An attempt makes the call of the i-th client, and returns its status. Only the winner gets 200.
type attempt func(i int) (status int)

// A raceSandbox is a sandbox for races.
type raceSandbox struct {
	*sandbox.Sandbox

	t      *testing.T
	object vingd.ObjectID
	buyers []*sandbox.Buyer
}

// In TestCrowd, 64 clients race for one token, one voucher, one voucher of a group, and the last cent of an account.
// In each round exactly one of them wins, and the others get the right refusal.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for name, race := range map[string]struct {
		lost    []int
		prepare func(*raceSandbox) func(round int) attempt
	}{
		"one token":            {[]int{http.StatusForbidden}, raceForToken},
		"one voucher":          {[]int{http.StatusGone, revokedNothing}, raceForVoucher},
		"one of a group":       {[]int{http.StatusGone, http.StatusConflict}, raceForGroup},
		"a seller's last cent": {[]int{http.StatusPaymentRequired}, raceForSellersCent},
		"a buyer's last cent":  {[]int{http.StatusPaymentRequired}, raceForBuyersCent},
	} {
		t.Run(name, func(t *testing.T) {
			all := fileRounds
			if !onFile() {
				all = rounds(t, crowdRounds)
			}
			for left := all; left > 0; left -= roundsAtMost {
				runRace(t, min(left, roundsAtMost), race.lost, race.prepare)
			}
			t.Logf("%d rounds of %d, one winner in each", all, crowd)
		})
	}
}

func runRace(t *testing.T, rounds int, lost []int, prepare func(*raceSandbox) func(round int) attempt) {
	t.Helper()
	f := newRaceSandbox(t)
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	next := prepare(f)
	for round := range rounds {
		f.race(next(round), lost)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
}

// rounds returns the number of rounds of a race.
func rounds(t *testing.T, byDefault int) int {
	t.Helper()
	text, ok := os.LookupEnv(roundsVariable)
	if !ok {
		return byDefault
	}
	rounds, err := strconv.Atoi(text)
	if err != nil || rounds < 1 {
		t.Fatalf("%s %q: must be a number of 1 or more", roundsVariable, text)
	}
	return rounds
}

// newRaceSandbox opens a sandbox with an object and buyers. The seller and each buyer hold one cent.
func newRaceSandbox(t *testing.T) *raceSandbox {
	t.Helper()
	options := sandbox.Options{Clock: newClock().Now, Seller: sandbox.Seller{Username: username, Password: "123", Balance: 1}}
	if onFile() {
		options.Data = filepath.Join(t.TempDir(), "data")
	}
	s, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	f := &raceSandbox{Sandbox: s, t: t}
	f.object = vingd.ObjectID(f.created("registry/objects/", `{"description": {"name": "x", "url": "http://localhost/"}}`).Oids[0])
	for i := range crowd / 2 {
		f.buyers = append(f.buyers, must(s.AddBuyer(fmt.Sprintf("Ann %d", i), 1))(t))
	}
	return f
}

// race starts all attempts at once. It fails the test unless exactly one wins, and the others get one of the statuses lost.
func (f *raceSandbox) race(attempt attempt, lost []int) {
	f.t.Helper()
	var statuses [crowd]int
	var ready, done sync.WaitGroup
	ready.Add(crowd)
	start := make(chan struct{})
	for i := range crowd {
		done.Go(func() {
			ready.Done()
			<-start
			statuses[i] = attempt(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			won++
			continue
		}
		if !slices.Contains(lost, status) {
			f.t.Fatalf("a loser got %d, must be one of %v", status, lost)
		}
	}
	if won != 1 {
		f.t.Fatalf("%d of %d won, must be exactly one", won, crowd)
	}
}

// serve makes a call of the API, and returns the status and the body of the response.
func (f *raceSandbox) serve(method, path, body string) (status int, result []byte) {
	request := httptest.NewRequestWithContext(f.t.Context(), method, "/sandbox/broker/v1/"+path, strings.NewReader(body))
	request.SetBasicAuth(username, digest)
	recorder := httptest.NewRecorder()
	f.Handler().ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.Bytes()
}

// created makes a call that creates something, which must succeed, and returns the ids.
func (f *raceSandbox) created(path, body string) ids {
	f.t.Helper()
	return made[ids](f, path, body)
}

func made[T any](f *raceSandbox, path, body string) T {
	f.t.Helper()
	status, result := f.serve(http.MethodPost, path, body)
	var envelope struct{ Data T }
	if err := json.Unmarshal(result, &envelope); err != nil || status != http.StatusOK {
		f.t.Fatal(path, status, err, string(result))
	}
	return envelope.Data
}

func (f *raceSandbox) order(price int) vingd.OrderID {
	f.t.Helper()
	body := fmt.Sprintf(`{"price": %d, "order_expires": null, "context": null}`, price)
	return vingd.OrderID(f.created(fmt.Sprintf("objects/%d/orders/", f.object), body).IDs[0])
}

func (f *raceSandbox) voucher(group string) vingd.VoucherCode {
	f.t.Helper()
	return vingd.VoucherCode(made[voucher](f, "vouchers/", fmt.Sprintf(`{"amount": 0, "until": null, "message": "", "gid": %s}`, group)).VIDEncoded)
}

// raceForToken verifies one purchase many times.
func raceForToken(f *raceSandbox) func(int) attempt {
	order := f.order(0)
	return func(round int) attempt {
		token := must(payFor(f.buyers[round%len(f.buyers)], order, false))(f.t)
		path := fmt.Sprintf("objects/%d/tokens/%s", f.object, token)
		return func(int) int {
			status, _ := f.serve(http.MethodGet, path, "")
			return status
		}
	}
}

// revokedNothing is the result of a revocation that came too late: it succeeds without revoking the voucher.
const revokedNothing = -1

// In raceForVoucher, half of the crowd redeem a voucher, each as a different buyer, and the other half revoke it.
func raceForVoucher(f *raceSandbox) func(int) attempt {
	return func(int) attempt {
		code := f.voucher("null")
		return func(i int) int {
			if i%2 == 0 {
				_, err := f.buyers[i/2].Redeem(code)
				return statusOf(err)
			}
			status, result := f.serve(http.MethodDelete, "vouchers/"+string(code), `{"revoke": true}`)
			if status == http.StatusOK && !strings.Contains(string(result), string(code)) {
				return revokedNothing
			}
			return status
		}
	}
}

// In raceForGroup, one buyer redeems the vouchers of a group, each many times.
func raceForGroup(f *raceSandbox) func(int) attempt {
	return func(round int) attempt {
		var codes []vingd.VoucherCode
		for range 8 {
			codes = append(codes, f.voucher(fmt.Sprintf(`"g%d"`, round)))
		}
		return func(i int) int {
			_, err := f.buyers[0].Redeem(codes[i%len(codes)])
			return statusOf(err)
		}
	}
}

// In raceForSellersCent, half of the crowd give the cent away, and the other half reserve it for a voucher.
func raceForSellersCent(f *raceSandbox) func(int) attempt {
	var envelope struct{ Data purchase }
	token := must(payFor(f.buyers[0], f.order(0), false))(f.t)
	_, result := f.serve(http.MethodGet, fmt.Sprintf("objects/%d/tokens/%s", f.object, token), "")
	if err := json.Unmarshal(result, &envelope); err != nil || envelope.Data.HUID == nil {
		f.t.Fatal(err, string(result))
	}
	reward := fmt.Sprintf(`{"huid_to": %q, "amount": 1, "description": null}`, *envelope.Data.HUID)
	return func(round int) attempt {
		f.oneCent(f.Seller(), round)
		return func(i int) int {
			path, body := "rewards", reward
			if i%2 == 0 {
				path, body = "vouchers/", `{"amount": 1, "until": null, "message": "", "gid": null}`
			}
			status, _ := f.serve(http.MethodPost, path, body)
			return status
		}
	}
}

// In raceForBuyersCent, a buyer pays two orders many times with the same cent.
func raceForBuyersCent(f *raceSandbox) func(int) attempt {
	orders := []vingd.OrderID{f.order(1), f.order(1)}
	return func(round int) attempt {
		f.oneCent(f.buyers[0].UID(), round)
		return func(i int) int {
			_, err := payFor(f.buyers[0], orders[i%2], i%3 == 0)
			return statusOf(err)
		}
	}
}

// oneCent gives an account a cent, to replace the one that it spent in the round before. Each account begins with one.
func (f *raceSandbox) oneCent(account vingd.UID, round int) {
	f.t.Helper()
	if round > 0 {
		if err := f.Deposit(account, 1); err != nil {
			f.t.Fatal(err)
		}
	}
	if got := must(f.Balance(account))(f.t); got != 1 {
		f.t.Fatalf("account %d holds %d, must be 1", account, got)
	}
}
