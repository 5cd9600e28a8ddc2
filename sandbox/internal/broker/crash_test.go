package broker_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

const (
	// crashCycles is the default number of processes that TestCrash kills. VINGD_CRASH_CYCLES overrides it.
	crashCycles = 20
	// shortCycles is the number in short tests.
	shortCycles = 2
	// cyclesPerFile bounds the size of a data file, which is audited after each kill.
	cyclesPerFile = 25
	// crashChild is an environment variable. The test binary with it is the process to be killed.
	crashChild = "VINGD_CRASH_CHILD"
)

func TestMain(m *testing.M) {
	if scene := os.Getenv(crashChild); scene != "" {
		fmt.Fprintln(os.Stderr, live(scene))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// The data file has each change that a killed process acknowledged, once, and the books balance. Other processes look at the
// file at the same time.
func TestCrash(t *testing.T) {
	cycles := endure.Number(t, "VINGD_CRASH_CYCLES", endure.Rounds(crashCycles, shortCycles))
	all := onlookers(t)
	var survivors int
	for begin := 0; begin < cycles; begin += cyclesPerFile {
		c := newCrash(t)
		stop := watch(t, c.data, all)
		for range min(cyclesPerFile, cycles-begin) {
			c.cycle(t)
			c.verify(t)
		}
		stop()
		survivors += len(c.acknowledged)
	}
	for _, o := range all {
		t.Logf("%s looked %d times", o.name, o.looks.Load())
		if o.looks.Load() == 0 {
			t.Errorf("%s never looked at a file", o.name)
		}
	}
	if survivors == 0 {
		t.Errorf("no acknowledgement in %d cycles", cycles)
	}
	t.Logf("%d cycles, %d acknowledgements, none lost", cycles, survivors)
}

// A crash is a data file, with the acknowledgements of the killed processes that wrote to it.
type crash struct {
	data, scene   string
	seller, buyer vingd.UID
	acknowledged  map[string]bool
}

// newCrash makes a data file with a seller, a buyer whom the seller has met, and an order.
func newCrash(t *testing.T) *crash {
	t.Helper()
	c := &crash{data: filepath.Join(t.TempDir(), "data"), acknowledged: make(map[string]bool)}
	b, err := broker.New(time.Now, c.data)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{Broker: b}
	s.populate(t)
	p, err := s.Verify(s.seller, s.object, s.pay(t).Token)
	if err != nil {
		t.Fatal(err)
	}
	for _, uid := range []vingd.UID{s.seller, s.buyer} {
		if err := s.Deposit(uid, 1_000_000_00); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.seller, c.buyer = s.seller, s.buyer
	c.scene = fmt.Sprintf("%s %d %d %d %d %s", c.data, s.seller, s.buyer, s.object, s.order, p.HUID)
	return c
}

// cycle starts a process that writes to the file, and kills it at a random time, while it starts or while it writes.
func (c *crash) cycle(t *testing.T) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashChild+"="+c.scene)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe() // the pipe ends with this process, and the child with the pipe
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close() //nolint:errcheck // the child is dead
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	until := time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
	if rand.IntN(5) > 0 { // mostly after the first acknowledgement
		c.acknowledge(<-lines)
		until = time.After(time.Duration(rand.Int64N(int64(40 * time.Millisecond))))
	}
	for running := true; running; {
		select {
		case line := <-lines:
			c.acknowledge(line)
		case <-until:
			running = false
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		c.acknowledge(line)
	}
	if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the process ended by itself: %v", err)
	}
}

func (c *crash) acknowledge(line string) {
	if line != "" {
		c.acknowledged[line] = true
	}
}

// verify checks that the file has every acknowledged change, and no reward twice.
func (c *crash) verify(t *testing.T) {
	t.Helper()
	b, err := broker.New(time.Now, c.data)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // the test only reads
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int)
	for _, uid := range []vingd.UID{c.seller, c.buyer} {
		for _, f := range []broker.TransferFilter{{From: &uid}, {To: &uid}} {
			transfers, err := collect(b.Transfers(uid, f))
			if err != nil {
				t.Fatal(err)
			}
			for _, tr := range transfers {
				found[acknowledgement(tr)]++
			}
		}
	}
	for line := range c.acknowledged {
		if found[line] == 0 {
			t.Errorf("%q was acknowledged, and is missing", line)
		}
	}
	rewards := make(map[string]bool)
	transfers, err := collect(b.Transfers(c.seller, broker.TransferFilter{From: &c.seller, To: &c.buyer}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range transfers {
		if tr.Note.Class == vingd.TransferDirect && rewards[tr.Note.Message] {
			t.Errorf("reward %s was paid twice", tr.Note.Message)
		}
		rewards[tr.Note.Message] = true
	}
}

// acknowledgement returns the line that a process prints for a transfer.
func acknowledgement(t ledger.Transfer) string {
	switch t.Note.Class {
	case vingd.TransferDirect:
		return fmt.Sprintf("reward %s by transfer %d", t.Note.Message, t.ID)
	case vingd.TransferPurchase:
		if t.From == broker.Reserve {
			return fmt.Sprintf("commit of purchase %d", t.Note.Purchase)
		}
		return fmt.Sprintf("payment by transfer %d", t.ID)
	case vingd.TransferVoucherAllocated:
		return fmt.Sprintf("voucher %d by transfer %d", t.Note.Voucher, t.ID)
	case vingd.TransferVoucherDeposited:
		return fmt.Sprintf("redemption of voucher %d", t.Note.Voucher)
	case vingd.TransferRefund:
		return fmt.Sprintf("revocation of voucher %d by transfer %d", t.Note.Voucher, t.ID)
	default:
		return ""
	}
}

// live trades as fast as it can until the process is killed. It prints a line for each change that is done.
func live(at string) error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	var data string
	var who vingd.HUID
	s := new(scene)
	if _, err := fmt.Sscan(strings.TrimSpace(at), &data, &s.seller, &s.buyer, &s.object, &s.order, &who); err != nil {
		return err
	}
	var err error
	if s.Broker, err = broker.New(time.Now, data); err != nil {
		return err
	}
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				if err := s.trade(who); err != nil {
					failed <- err
				}
			}
		}()
	}
	go func() { // the process opens and closes its own data file
		for {
			if err := s.Check(); err != nil {
				failed <- err
			}
		}
	}()
	return <-failed
}

// trade makes each kind of change that moves money once.
func (s *scene) trade(who vingd.HUID) error {
	reference := strconv.FormatUint(rand.Uint64(), 36)
	reward, err := s.Reward(s.seller, who, 1, reference)
	if err != nil {
		return err
	}
	fmt.Printf("reward %s by transfer %d\n", reference, reward)

	receipt, err := s.Pay(s.buyer, s.order, false)
	if err != nil {
		return err
	}
	p, err := s.Verify(s.seller, s.object, receipt.Token)
	if err != nil {
		return err
	}
	fmt.Printf("payment by transfer %d\n", p.Transfer)
	if err := s.Commit(s.seller, p.ID, p.Transfer); err != nil {
		return err
	}
	fmt.Printf("commit of purchase %d\n", p.ID)

	for _, redeemed := range []bool{true, false} {
		v, err := s.CreateVoucher(s.seller, broker.NewVoucher{Amount: 5})
		if err != nil {
			return err
		}
		fmt.Printf("voucher %d by transfer %d\n", v.ID, v.Transfer)
		if redeemed {
			if _, err := s.Redeem(s.buyer, v.Code); err != nil {
				return err
			}
			fmt.Printf("redemption of voucher %d\n", v.ID)
			continue
		}
		refunds, err := s.RevokeOne(s.seller, v.Code, broker.VoucherFilter{})
		if err != nil {
			return err
		}
		fmt.Printf("revocation of voucher %d by transfer %d\n", v.ID, refunds[v.Code])
	}
	return nil
}
