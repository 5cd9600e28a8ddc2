package newspaper

import (
	"crypto/rand"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// sessionCookie is the cookie that names a session. Where there is TLS, as there must be anywhere but on localhost, call
// it __Host-session: then no other host can set it.
const sessionCookie = "session"

// sessions are what the newspaper remembers of its readers, as the paywall's Access. A newspaper that only sells does
// without: the paywall's own cookies suffice. This one also wants to know who a reader is, to reward her, and shows
// teasers to those who have not bought.
type sessions struct {
	clock func() time.Time

	mu sync.Mutex
	of map[string]*session
}

type session struct {
	id      string
	grants  map[vingd.ObjectID]paywall.Grant
	voucher vingd.VoucherCode // that she was given; empty is none
	expires time.Time
}

func newSessions(clock func() time.Time) *sessions {
	return &sessions{clock: clock, of: make(map[string]*session)}
}

// Grant remembers that a reader has bought something.
func (s *sessions) Grant(w http.ResponseWriter, r *http.Request, grant paywall.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(w, r).grants[grant.Object] = grant
	return nil
}

// Granted returns what a reader has bought of an object.
func (s *sessions) Granted(r *http.Request, object vingd.ObjectID) (paywall.Grant, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(r)
	if one == nil {
		return paywall.Grant{}, false, nil
	}
	grant, ok := one.grants[object]
	return grant, ok, nil
}

// voucher returns the voucher that a reader was given, or an empty code.
func (s *sessions) voucher(r *http.Request) vingd.VoucherCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.find(r); one != nil {
		return one.voucher
	}
	return ""
}

// keepVoucher remembers the voucher that a reader is given.
func (s *sessions) keepVoucher(w http.ResponseWriter, r *http.Request, code vingd.VoucherCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(w, r).voucher = code
}

// find returns the session of a request, or nil. s.mu is held.
func (s *sessions) find(r *http.Request) *session {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	one := s.of[cookie.Value]
	if one == nil || !s.clock().Before(one.expires) {
		return nil
	}
	return one
}

// open returns the session of a request, which lasts anew from now on, and begins one for who has none. s.mu is held.
func (s *sessions) open(w http.ResponseWriter, r *http.Request) *session {
	now := s.clock()
	one := s.find(r)
	if one == nil {
		maps.DeleteFunc(s.of, func(_ string, old *session) bool { return !now.Before(old.expires) })
		one = &session{id: rand.Text(), grants: make(map[vingd.ObjectID]paywall.Grant)}
		s.of[one.id] = one
	}
	one.expires = now.Add(accessFor)
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: one.id, Path: "/", MaxAge: int(accessFor / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, // Lax: she comes back from another site
	})
	return one
}
