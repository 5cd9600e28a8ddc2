package vingd_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A slowBroker takes time for its first responses, which tell what was when the request came.
type slowBroker struct {
	model *modelBroker
	delay time.Duration
	lists []string // the targets of requests for lists
}

func (b *slowBroker) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.model.RoundTrip(req)
	if len(b.lists) == 0 {
		<-time.After(b.delay)
	}
	if _, target, ok := strings.Cut(req.URL.Path, "/transfers/"); ok {
		b.lists = append(b.lists, target)
	}
	return resp, err
}

// The settle time counts from the end of the first look-up: until the broker responds, it may delay the call as well.
func TestReconcile_SlowLookUps(t *testing.T) {
	for _, late := range []time.Duration{-time.Second, -time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			const delay = 4 * time.Second
			sent := time.Now()
			b := &slowBroker{model: &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, delay: delay}
			landed := make(chan struct{})
			go func() {
				defer close(landed)
				<-time.After(2*delay + vingd.DefaultSettling + late) // the first look-up is of two requests
				modelCalls[0].row(b.model, time.Now(), "payroll 17", 200)
			}()
			_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent)
			<-landed
			if err != nil {
				t.Errorf("it lands %v from the settle time: got %v", late, err)
			}
		})
	}
}

// Look-ups begin shortly before the call. Only the last one, on which absence rests, begins a day before, and asks for
// both ends of the list.
func TestReconcile_Window(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBroker{model: &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, delay: time.Second}
		sent := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
		_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, sent)
		if !errors.Is(err, vingd.ErrNotDone) {
			t.Fatal(err)
		}
		want := []string{
			"from=7/last=1/since=19991231T110000+0000", "from=7/first=1/since=19991231T110000+0000", "from=7/since=19991231T110000+0000",
		}
		last := max(len(b.lists)-len(want), 0)
		if got := b.lists[last:]; !slices.Equal(got, want) {
			t.Errorf("the last look-up asked for %q, want %q", got, want)
		}
		for _, got := range b.lists[:last] {
			if want := "from=7/since=20000101T115500+0000"; got != want {
				t.Errorf("a look-up asked for %q, want %q", got, want)
			}
		}
		if last < 2 {
			t.Errorf("there were %d look-ups before the last", last)
		}
	})
}

// A broker whose clock differs by more than look-ups cover is doubted, and the error says so.
func TestReconcile_Date(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", 11 * time.Hour: "", -11 * time.Hour: "",
		13 * time.Hour: "the broker's clock differs by 13h0m0s", -13 * time.Hour: "the broker's clock differs by 13h0m0s",
	} {
		synctest.Test(t, func(t *testing.T) {
			b := &modelBroker{clock: clock{ahead: ahead, date: "its own"}, now: time.Now}
			_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 17"}, time.Now())
			if want == "" && !errors.Is(err, vingd.ErrNotDone) {
				t.Errorf("%v ahead: got %v, want ErrNotDone", ahead, err)
			}
			if want != "" {
				wantUnsettled(t, err, want)
			}
		})
	}
}
