package vingd_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/vingd/vingd-api-go/vingd"
)

// troubles causes the errors of the table in docs/errors.md, by its first column.
var troubles = map[string]func(*testing.T) error{
	"the endpoint is plain HTTP": func(*testing.T) error {
		_, err := vingd.New(vingd.Password(username, password), vingd.WithEndpoint("http://api.vingd.com/broker/v1"))
		return err
	},
	"no login is set": func(t *testing.T) error {
		for _, name := range []string{"VINGD_USERNAME", "VINGD_PASSWORD", "VINGD_KEY", "VINGD_SECRET"} {
			t.Setenv(name, "")
		}
		_, err := vingd.NewFromEnvironment()
		return err
	},
	"an argument is invalid": func(t *testing.T) error {
		_, err := newClient(t, pipesAddress, nil).Rewards.Create(t.Context(), "ann", vingd.RewardParams{Amount: 75})
		return err
	},
	"a filter would revoke everything": func(t *testing.T) error {
		_, err := newClient(t, pipesAddress, nil).Vouchers.Revoke(t.Context(), vingd.VoucherFilter{})
		return err
	},
	"a buyer comes without a token": func(*testing.T) error {
		_, err := vingd.ParseCallback(&url.URL{RawQuery: url.Values{}.Encode()})
		return err
	},
	"the broker's name is not found": undialled(&net.DNSError{Err: "no such host", Name: "api.vingd.com", IsNotFound: true}),
	"the connection is refused":      undialled(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
	"the certificate is not trusted": func(t *testing.T) error {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		return reward(t, newBareClient(t, server.URL, nil))
	},
	"the connection breaks":                 rewarding(func(*exchange) bool { return false }),
	"the connection breaks during a verify": verifying(func(*exchange) bool { return false }),
	"the broker does not respond":           rewarding(func(x *exchange) bool { x.awaitHangUp(); return false }),
	"you cancel a call in flight": func(t *testing.T) (err error) {
		ctx, cancel := context.WithCancel(t.Context())
		l, address := listen(t)
		startBroker(t, l, func(x *exchange) bool { cancel(); x.awaitHangUp(); return false })
		_, err = newBareClient(t, address, nil).Rewards.Create(ctx, huid, vingd.RewardParams{Amount: 75})
		return err
	},
	"the response is incomplete":      rewarding(func(x *exchange) bool { x.write(rawAnswer(200, 1000, `{"data": `)); return false }),
	"the response is too large":       rewarding(func(x *exchange) bool { return x.respond(200, strings.Repeat(" ", 5<<20)) }),
	"a proxy responds":                rewarding(answered(502, page)),
	"a portal redirects to its login": rewarding(answered(302, page, "Location", "https://login.example.com/")),
	"the login is wrong":              rewarding(answered(401, `{"message": "Wrong login.", "context": "Unauthorized"}`)),
	"the broker refuses":              rewarding(answered(403, `{"message": "You may not give rewards.", "context": "Access denied"}`)),
	"the user does not exist":         rewarding(answered(404, `{"message": "No such user.", "context": "Not found"}`)),
	"the broker fails":                rewarding(answered(500, `{"message": "Something broke.", "context": "Internal error"}`)),
	"the broker is busy":              rewarding(answered(429, `{"message": "Slow down.", "context": "Too many requests"}`, "Retry-After", "3600")),
	"a token is already used":         verifying(answered(403, `{"message": "Not entitled.", "context": "Access denied"}`)),
	"a purchase cannot be committed":  committing(answered(200, `{"data": {"ok": false}}`)),
	"a list is incomplete":            listing(func(x *exchange) bool { x.write(rawAnswer(200, 10000, `{"data": [`+voucherData+`,`)); return false }),
}

// undialled returns the trouble of a reward for which no connection can be had.
func undialled(cause error) func(*testing.T) error {
	return func(t *testing.T) (err error) {
		transport := newTransport(t)
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			failed := &net.OpError{Op: "dial", Net: "tcp", Err: cause}
			if _, ok := cause.(*os.SyscallError); ok { //nolint:errorlint // it is as it was made
				failed.Addr = &net.TCPAddr{IP: net.IPv4(203, 0, 113, 5), Port: 443}
			}
			return nil, failed
		}
		synctest.Test(t, func(t *testing.T) { err = reward(t, newBareClient(t, pipesAddress, transport)) })
		return err
	}
}

// met returns the trouble of a call that meets a broker which behaves so, in virtual time.
func met(behave func(*exchange) bool, do func(*testing.T, *vingd.Client) error) func(*testing.T) error {
	return func(t *testing.T) (err error) {
		synctest.Test(t, func(t *testing.T) {
			network := newPipes()
			startBroker(t, network, behave)
			err = do(t, newClient(t, pipesAddress, network.transport(t)))
		})
		return err
	}
}

func reward(t *testing.T, client *vingd.Client) error {
	_, err := client.Rewards.Create(t.Context(), huid, vingd.RewardParams{Amount: 75})
	return err
}

func rewarding(behave func(*exchange) bool) func(*testing.T) error { return met(behave, reward) }

func verifying(behave func(*exchange) bool) func(*testing.T) error {
	return met(behave, func(t *testing.T, client *vingd.Client) error {
		_, err := client.Purchases.Verify(t.Context(), 5, tid)
		return err
	})
}

func committing(behave func(*exchange) bool) func(*testing.T) error {
	return met(behave, func(t *testing.T, client *vingd.Client) error {
		return client.Purchases.Commit(t.Context(), &vingd.Purchase{ID: 11, Transfer: 13})
	})
}

func listing(behave func(*exchange) bool) func(*testing.T) error {
	return met(behave, func(t *testing.T, client *vingd.Client) error {
		rows, err := rowsUntil(client.Vouchers.All(t.Context(), vingd.VoucherFilter{}))
		if len(rows) != 1 {
			t.Errorf("got %d rows in front of the error, want 1", len(rows))
		}
		return err
	})
}

// sentinels are the errors that the table names.
var sentinels = map[string]error{
	"ErrInvalidData": vingd.ErrInvalidData, "ErrForbidden": vingd.ErrForbidden, "ErrNotFound": vingd.ErrNotFound, "ErrInternal": vingd.ErrInternal,
	"ErrGeneral": vingd.ErrGeneral, "ErrInvalidArgument": vingd.ErrInvalidArgument, "ErrNoCallback": vingd.ErrNoCallback,
	"ErrOutcomeUnknown": vingd.ErrOutcomeUnknown, "context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
}

// TestErrors_DocumentedMessages compares each row of the table in docs/errors.md with the error that its cause makes.
func TestErrors_DocumentedMessages(t *testing.T) {
	document, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(document), "\n## Messages\n")
	if !found {
		t.Fatal("docs/errors.md has no table of messages")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| ([^|`]+) \\| `([^|]+)` \\| ([^|]+) \\| (no|unknown) \\|$").FindAllStringSubmatch(section, -1)
	if lines := strings.Count(section, "\n|") - 2; len(rows) != lines {
		t.Errorf("%d of %d rows read like a row", len(rows), lines)
	}
	told := map[string]bool{}
	for _, row := range rows {
		name, line, kinds, happened := row[1], row[2], row[3], row[4]
		told[name] = true
		t.Run(name, func(t *testing.T) {
			trouble, ok := troubles[name]
			if !ok {
				t.Fatal("nothing shows it")
			}
			err := trouble(t)
			if err == nil || err.Error() != line {
				t.Errorf("one sees\n%v\nnot\n%s", err, line)
			}
			for name, sentinel := range sentinels {
				want := strings.Contains(kinds, "`"+name+"`") || name == "ErrOutcomeUnknown" && happened == "unknown"
				if errors.Is(err, sentinel) != want {
					t.Errorf("errors.Is(err, %s) is %v", name, !want)
				}
			}
			want := map[string]vingd.Outcome{"no": vingd.OutcomeNotDone, "unknown": vingd.OutcomeUnknown}[happened]
			if got := vingd.OutcomeOf(err); got != want {
				t.Errorf("the outcome is %v, want %v", got, want)
			}
			sayNothingSecret(t, err)
		})
	}
	for name := range troubles {
		if !told[name] {
			t.Errorf("docs/errors.md has no row for: %s", name)
		}
	}
}
