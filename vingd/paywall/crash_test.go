package paywall_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// crashPurchases is how many purchases TestFile_RandomKills makes. VINGD_PAYWALL_PURCHASES overrides it.
const crashPurchases = 100

const crashArticle = "Here is the article, all of it.\n"

// A town is a sandbox, people who buy there, and a shop that is a process of its own, which is killed now and then.
type town struct {
	*sandbox.Sandbox

	t       testing.TB
	broker  *httptest.Server
	door    *net.TCPListener // of the shop, of whichever process
	client  *http.Client     // of a person
	journal string
	require bool
	object  vingd.ObjectID
}

func newTown(t testing.TB, require bool) *town {
	t.Helper()
	c := &town{t: t, require: require, journal: filepath.Join(t.TempDir(), "journal")}
	var err error
	if c.Sandbox, err = sandbox.New(sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.broker = httptest.NewUnstartedServer(c.Handler())
	c.broker.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // of those who were killed in a handshake
	c.broker.StartTLS()
	t.Cleanup(c.broker.Close)
	c.client = c.broker.Client()
	c.client.Transport.(*http.Transport).DisableKeepAlives = true
	if c.door, err = net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.door.Close() })
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(c.broker.URL+"/broker/v1"), vingd.WithHTTPClient(c.client))
	if err != nil {
		t.Fatal(err)
	}
	if c.object, err = client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "Article", URL: "https://" + c.door.Addr().String() + "/article"}); err != nil {
		t.Fatal(err)
	}
	return c
}

// A process is a shop while it lives.
type process struct {
	*exec.Cmd

	stdin io.Closer
	ended chan struct{}
	err   error // valid once it has ended
}

// start opens the shop, in a process that kills itself at its nth step, at its first commit for -1, or never for zero.
func (c *town) start(killAt int) *process {
	c.t.Helper()
	door, err := c.door.File()
	if err != nil {
		c.t.Fatal(err)
	}
	defer door.Close() //nolint:errcheck // the process has its own
	p := &process{Cmd: exec.CommandContext(context.Background(), os.Args[0]), ended: make(chan struct{})}
	p.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d %t %d %d", shopChild,
		c.broker.URL, c.journal, c.object, c.require, killAt, time.Until(c.Now())))
	p.ExtraFiles = []*os.File{door}
	p.Stderr = os.Stderr
	if p.stdin, err = p.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		if p.err = p.Wait(); p.ProcessState.ExitCode() > 0 { // it was not killed and cannot open, so no request may wait at the door
			_ = c.door.Close()
		}
		close(p.ended)
	}()
	return p
}

// stop ends the shop, and reports whether it was still alive.
func (p *process) stop() (alive bool) {
	_ = p.stdin.Close() // the process ends with it
	<-p.ended
	return p.err == nil
}

// A person has bought once.
type person struct {
	*sandbox.Buyer
	served bool
	saw    view // at last
}

// buy buys like a person, who reloads what breaks off.
func (c *town) buy(cookies bool) *person {
	buyer, err := c.AddBuyer("Ann", 5_00)
	if err != nil {
		c.t.Error(err)
		return nil
	}
	client := *c.client
	if cookies {
		client.Jar, _ = cookiejar.New(nil)
	}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != c.door.Addr().String() {
			return http.ErrUseLastResponse
		}
		return nil
	}
	p := &person{Buyer: buyer}
	first := c.open(&client, "https://"+c.door.Addr().String()+"/article?vingd=buy", http.StatusSeeOther)
	back, err := buyer.Pay(orderOf(c.t, first.header.Get("Location")))
	if err != nil {
		c.t.Error(err)
		return p
	}
	p.saw = c.open(&client, back.String(), http.StatusOK)
	p.served = p.saw.status == http.StatusOK && p.saw.body == crashArticle
	return p
}

// open opens an address until the response has this status, or refuses.
func (c *town) open(client *http.Client, address string, status int) view {
	const enough = 2000
	var v view
	for range enough {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
		if err != nil {
			c.t.Error(err)
			return v
		}
		response, err := client.Do(r)
		if err != nil {
			v.broken = err
			continue
		}
		body, broken := io.ReadAll(response.Body)
		_ = response.Body.Close()
		v = view{response.StatusCode, response.Header, string(body), response.Request.URL, broken}
		if broken != nil || v.status == http.StatusServiceUnavailable {
			continue
		}
		if v.status != status && v.status != http.StatusForbidden {
			c.t.Errorf("%s: got %d %s", r.URL.Path, v.status, v.body)
		}
		return v
	}
	c.t.Errorf("a person gives up: %d %s, %v", v.status, v.body, v.broken)
	return v
}

// audit looks where the money is when all reservations are over: a buyer has paid exactly if they were served.
func (c *town) audit(people []*person) (served int) {
	c.t.Helper()
	if err := c.Advance(16 * time.Minute); err != nil {
		c.t.Fatal(err)
	}
	for i, p := range people {
		switch charged := p.Balance() == 5_00-price; {
		case charged && !p.served:
			c.t.Errorf("buyer %d has paid, and is not served, but sees %d %q", i, p.saw.status, p.saw.body)
		case !charged && p.served:
			c.t.Errorf("buyer %d was served, and has not paid", i)
		}
		if p.served {
			served++
		}
	}
	if err := c.Check(); err != nil {
		c.t.Error(err)
	}
	return served
}

// A shop that is killed between any two steps of a purchase is started again. A buyer has paid exactly if they were served.
func TestFile_KilledAtEachStep(t *testing.T) {
	for _, require := range []bool{false, true} {
		for _, cookies := range []bool{true, false} {
			if require == cookies && !endure.Whole() {
				continue // each of both is in one of the other two
			}
			t.Run(fmt.Sprint(require, cookies), func(t *testing.T) {
				t.Parallel()
				c := newTown(t, require)
				runs, steps, served, stride := 0, 0, 0, endure.Rounds(1, 3)
				for alive := false; !alive; steps += stride {
					shop := c.start(steps + 1)
					bought := make(chan *person, 1)
					go func() { bought <- c.buy(cookies) }()
					var buyer *person
					killed := shop.ended
					for buyer == nil {
						select {
						case buyer = <-bought:
						case <-killed: // it is started again
							shop, killed = c.start(0), nil
						}
					}
					runs++
					alive = killed != nil
					if !shop.stop() { // it was killed while it closed
						if alive = false; killed == nil || !c.start(0).stop() {
							t.Fatalf("step %d: the shop that was opened again fails: %v", steps+1, shop.err)
						}
					}
					served += c.audit([]*person{buyer})
					if t.Failed() {
						t.Fatalf("when it is killed at step %d", steps+1)
					}
				}
				if steps < 15 || served < runs*2/3 {
					t.Errorf("killed at %d of %d steps, %d buyers are served", runs, steps, served)
				}
				t.Logf("killed at %d of %d steps, %d buyers are served", runs-1, steps, served)
			})
		}
	}
}

// Many buy at once, and the shop is killed at any moment.
func TestFile_RandomKills(t *testing.T) {
	t.Parallel()
	purchases := endure.Number(t, "VINGD_PAYWALL_PURCHASES", endure.Rounds(crashPurchases, 24))
	const crowd, perKill = 16, 40
	perTown := min(500, purchases)
	bought, served, kills := 0, 0, 0
	for round := 0; bought < purchases && !t.Failed(); round++ {
		c := newTown(t, round%2 == 1)
		var left atomic.Int64
		left.Store(int64(perTown))
		people := make([][]*person, crowd)
		finished := make(chan bool, perTown)
		var buying sync.WaitGroup
		for i := range people {
			buying.Go(func() {
				for left.Add(-1) >= 0 {
					people[i] = append(people[i], c.buy(rand.IntN(2) == 0))
					finished <- true
				}
			})
		}
		shop := c.start(0)
		for n, killAfter := 0, 10; n < perTown; {
			var now <-chan time.Time
			if killAfter <= 0 {
				now = time.After(rand.N(50 * time.Millisecond))
			}
			select {
			case <-finished:
				n++
				killAfter--
			case <-shop.ended:
				t.Fatalf("the shop ended by itself: %v", shop.err)
			case <-now:
				if err := shop.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				<-shop.ended
				kills++
				shop = c.start(0)
				killAfter = rand.IntN(2 * perKill) // now and then, while it opens
			}
		}
		buying.Wait()
		if !shop.stop() {
			t.Fatalf("the shop does not end as it should: %v", shop.err)
		}
		for _, some := range people {
			bought += len(some)
			served += c.audit(some)
		}
	}
	if served < bought/3 || kills < bought/perKill/4 {
		t.Errorf("of %d purchases %d are served, with %d kills: the test is idle", bought, served, kills)
	}
	t.Logf("%d purchases, %d kills: %d are served and paid, the others neither", bought, kills, served)
}
