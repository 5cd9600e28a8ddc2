//go:build unix

package paywall_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver

	"github.com/vingd/vingd-api-go/internal/postgrestest"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
	"github.com/vingd/vingd-api-go/vingd/paywall/postgres"
)

// shopBuyers is how many people buy in TestShops_Disasters, through the disasters that are soon over.
// VINGD_PAYWALL_BUYERS overrides it, and adds the long disasters.
const shopBuyers = 60

// A city has a broker, a database behind a proxy, and three shops behind a balancer.
type city struct {
	*sandbox.Sandbox

	t        *testing.T
	broker   *httptest.Server
	server   *postgrestest.Server
	db       *sql.DB
	proxy    *proxy
	balancer *balancer
	object   vingd.ObjectID
	skew     bool // the clocks of the shops differ
	// verification is after how long a claim counts as left behind; 0 is the standard.
	verification time.Duration

	shops  [3]*branch
	people []*customer
	mu     sync.Mutex // guards people
}

// A branch is a process, until it is killed.
type branch struct {
	*exec.Cmd

	stdin io.Closer
	ended chan struct{}
}

func newCity(t *testing.T, skew bool, verification time.Duration) *city {
	t.Helper()
	c := &city{t: t, skew: skew, verification: verification, server: postgrestest.Start(t)}
	var err error
	if c.Sandbox, err = sandbox.New(sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.broker = httptest.NewUnstartedServer(c.Handler())
	c.broker.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // of those who are killed in a handshake
	c.broker.StartTLS()
	t.Cleanup(c.broker.Close)
	if c.db, err = sql.Open("postgres", c.server.URL(c.server.Address())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.db.Close() })
	if err := postgres.Migrate(t.Context(), c.db); err != nil {
		t.Fatal(err)
	}
	c.proxy = newProxy(t, c.server.Address())
	t.Cleanup(c.proxy.close)
	var addresses []string
	for range c.shops {
		door := newRelay(t, nil) // for a port that is free
		addresses = append(addresses, door.Addr().String())
		door.close()
	}
	c.balancer = newBalancer(t, addresses)
	t.Cleanup(c.balancer.close)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithEndpoint(c.broker.URL+"/broker/v1"), vingd.WithHTTPClient(c.broker.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if c.object, err = client.Objects.Create(t.Context(), vingd.ObjectParams{Name: "Article", URL: c.address()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, branch := range c.shops {
			if branch != nil {
				_ = branch.Process.Signal(syscall.SIGCONT)
				_ = branch.Process.Kill()
				<-branch.ended
			}
		}
	})
	return c
}

func (c *city) address() string { return "https://" + c.balancer.Addr().String() + "/article" }

// start starts a branch, which kills itself at its nth step, or never for zero, and waits until it is open.
func (c *city) start(i, killAt int) {
	c.t.Helper()
	ahead := time.Duration(0)
	if c.skew {
		ahead = time.Duration(i-1) * 10 * time.Minute
	}
	s := &branch{Cmd: exec.CommandContext(context.Background(), os.Args[0]), ended: make(chan struct{})}
	s.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %d %d %d %d", branchChild,
		c.broker.URL, c.server.URL(c.proxy.Addr().String()), c.balancer.shops[i], c.object, killAt, ahead, c.verification))
	s.Stderr = os.Stderr
	var err error
	if s.stdin, err = s.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	stdout, err := s.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		c.t.Fatal(err)
	}
	_, _ = bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_ = s.Wait()
		close(s.ended)
	}()
	c.shops[i] = s
}

// kill kills a branch.
func (c *city) kill(i int) {
	_ = c.shops[i].Process.Kill()
	<-c.shops[i].ended
}

// stop ends a branch as a deployment does.
func (c *city) stop(i int) {
	_ = c.shops[i].stdin.Close()
	<-c.shops[i].ended
}

// A customer has bought once.
type customer struct {
	*sandbox.Buyer
	served bool
	saw    string // at last
}

// buys buys like a customer, who reloads until the article is there, or until the page says that it never will be.
func (c *city) buys(cookies bool) *customer {
	buyer, err := c.AddBuyer("Ann", 5_00)
	if err != nil {
		c.t.Error(err)
		return nil
	}
	p := &customer{Buyer: buyer}
	client := &http.Client{Timeout: 10 * time.Second, Transport: c.broker.Client().Transport.(*http.Transport).Clone()}
	client.Transport.(*http.Transport).DisableKeepAlives = true
	if cookies {
		client.Jar, _ = cookiejar.New(nil)
	}
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != c.balancer.Addr().String() {
			return http.ErrUseLastResponse
		}
		return nil
	}
	location := ""
	if !p.reload(client, c.address()+"?vingd=buy", func(r *http.Response, _ string) bool {
		location = r.Header.Get("Location")
		return r.StatusCode == http.StatusSeeOther
	}) {
		c.t.Errorf("a buyer gives up before paying: %s", p.saw)
		return p
	}
	order, err := strconv.ParseInt(path.Base(strings.TrimSuffix(location, "/add/")), 10, 64)
	if err != nil {
		c.t.Errorf("%q is not the address of an order", location)
		return p
	}
	back, err := buyer.Pay(vingd.OrderID(order))
	if err != nil {
		c.t.Error(err)
		return p
	}
	if !p.reload(client, back.String(), func(r *http.Response, body string) bool {
		p.served = r.StatusCode == http.StatusOK && body == crashArticle
		return p.served || r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusGone
	}) {
		c.t.Errorf("a buyer gives up after paying: %s", p.saw)
	}
	return p
}

// reload opens an address until the response is the last one.
func (p *customer) reload(client *http.Client, address string, last func(*http.Response, string) bool) bool {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for range 5000 {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
		if err != nil {
			p.saw = err.Error()
			return false
		}
		response, err := client.Do(r)
		if err != nil {
			p.saw = err.Error()
			<-pause.C
			continue
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		p.saw = fmt.Sprint(response.Status, " ", string(body), " ", err)
		if err == nil && last(response, string(body)) {
			return true
		}
		<-pause.C
	}
	return false
}

// disasters are what happens while people buy. Each of them ends with three shops that are open.
func (c *city) disasters(long bool) []func() {
	last := func(d time.Duration) { <-time.After(d) }
	all := []func(){
		func() { // a rolling deployment
			for i := range c.shops {
				c.stop(i)
				c.start(i, 0)
			}
		},
		func() { c.server.Stop("immediate"); c.server.Begin() },
		func() { c.server.Stop("fast"); c.server.Begin() },
		func() { c.proxy.reset() },
		func() {
			release := c.proxy.holds()
			last(200 * time.Millisecond)
			c.proxy.reset()
			release()
		},
		func() {
			c.proxy.late.Store(int64(300 * time.Millisecond))
			last(time.Second)
			c.proxy.late.Store(0)
		},
	}
	for range 6 { // killed at any moment
		all = append(all, func() {
			i := rand.IntN(3)
			last(rand.N(50 * time.Millisecond))
			c.kill(i)
			c.start(i, 0)
		})
	}
	if long {
		all = append(all, c.longDisasters(last)...)
	}
	rand.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	return all
}

func (c *city) longDisasters(last func(time.Duration)) []func() {
	all := []func(){
		func() { // a machine pauses for longer than a verification may take
			i := rand.IntN(3)
			_ = c.shops[i].Process.Signal(syscall.SIGSTOP)
			last(32 * time.Second)
			_ = c.shops[i].Process.Signal(syscall.SIGCONT)
		},
		func() { // the database says nothing for longer than one call may take
			release := c.proxy.holds()
			last(time.Duration(1+rand.IntN(7)) * time.Second)
			release()
		},
	}
	for n := 1; n <= 24; n++ { // killed at each step
		all = append(all, func() {
			i := rand.IntN(3)
			c.stop(i)
			c.start(i, n)
			select {
			case <-c.shops[i].ended:
			case <-time.After(5 * time.Second):
				c.kill(i)
			}
			c.start(i, 0)
		})
	}
	return all
}

// Three shops on one database, behind a balancer, while everything fails that can. A buyer has paid exactly if they have
// the article.
func TestShops_Disasters(t *testing.T) {
	t.Parallel()
	buyers, err := strconv.Atoi(os.Getenv("VINGD_PAYWALL_BUYERS"))
	long := err == nil
	if !long {
		buyers = shopBuyers
	}
	for _, skew := range []bool{true, false} {
		t.Run(fmt.Sprintf("skew %t", skew), func(t *testing.T) {
			t.Parallel() // most of the time is spent in waiting
			testShops(t, skew, long, buyers/2)
		})
	}
}

func testShops(t *testing.T, skew, long bool, buyers int) {
	verification, pace, enough := time.Second, 2, 3*time.Second
	if long {
		verification, pace, enough = 0, 8, 35*time.Second
	}
	c := newCity(t, skew, verification)
	for i := range c.shops {
		c.start(i, 0)
	}
	const crowd = 24
	var left atomic.Int64
	finished := make(chan bool, buyers)
	left.Store(int64(buyers))
	var buying sync.WaitGroup
	over := make(chan struct{})
	for range crowd {
		buying.Go(func() {
			for left.Add(-1) >= 0 {
				p := c.buys(skew || rand.IntN(2) == 0)
				c.mu.Lock()
				c.people = append(c.people, p)
				c.mu.Unlock()
				finished <- true
			}
		})
	}
	go func() {
		buying.Wait()
		close(over)
	}()
	happened := 0
	for busy := true; busy; {
		for _, disaster := range c.disasters(long) {
			progress := time.NewTimer(enough) // so that a claim that is left behind is taken up
			for n := 0; n < pace && busy; {
				select {
				case <-finished:
					n++
				case <-progress.C:
					n = pace
				case <-over:
					busy = false
				}
			}
			if progress.Stop(); busy {
				disaster()
				happened++
			}
		}
	}
	c.kill(0) // and it is never started again
	killed := time.Now()
	c.until("the last commit", func() bool { return c.count("due") == 0 })
	t.Logf("%v after the last kill, nothing is due", time.Since(killed).Round(time.Millisecond))
	c.audit(buyers, happened)
}

// until waits for a condition.
func (c *city) until(what string, condition func() bool) {
	c.t.Helper()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for range 1200 {
		if condition() {
			return
		}
		<-pause.C
	}
	c.t.Fatalf("%s does not happen", what)
}

// count returns how many entries are in a state.
func (c *city) count(state paywall.State) (n int) {
	c.t.Helper()
	if err := c.db.QueryRowContext(c.t.Context(), "SELECT count(*) FROM vingd_paywall WHERE state = $1", string(state)).Scan(&n); err != nil {
		c.t.Error(err)
	}
	return n
}

// audit compares what people have read, what they have paid, and what the journal says.
func (c *city) audit(buyers, happened int) {
	c.t.Helper()
	if err := c.Advance(16 * time.Minute); err != nil {
		c.t.Fatal(err)
	}
	served, charged := 0, 0
	for i, p := range c.people {
		paid := p.Balance() == 5_00-price
		if paid != p.served {
			c.t.Errorf("buyer %d: charged %t, served %t, and saw %.300q", i, paid, p.served, p.saw)
		}
		if p.served {
			served++
		}
		if paid {
			charged++
		}
	}
	if n := c.count(paywall.StateCommitted); n != charged {
		c.t.Errorf("%d are charged, and the journal has %d committed", charged, n)
	}
	if n := c.count(paywall.StateDue) + c.count(paywall.StateExpired); n != 0 {
		c.t.Errorf("%d purchases are due or over", n)
	}
	if err := c.Check(); err != nil {
		c.t.Error(err)
	}
	if len(c.people) != buyers || served < buyers*2/3 {
		c.t.Errorf("of %d buyers, %d are served", buyers, served)
	}
	c.t.Logf("%d buyers, %d disasters: %d are served and charged, the others neither", buyers, happened, served)
}
