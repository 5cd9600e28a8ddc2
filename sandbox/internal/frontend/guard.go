package frontend

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// formLife is how long a form can be submitted after it was shown.
const formLife = time.Hour

const (
	nonceSize   = 16
	sessionSize = 16
	stampSize   = 16
	tokenSize   = stampSize + nonceSize + sha256.Size
)

// A guard gives each form a token that is valid in one browser, for one address, and until the sandbox is reset. The token is
// a signed time, the number of resets, and a nonce. The guard keeps the outcome of a form for as long as the token is valid. So
// submitting it again does nothing more, whatever its fields are by then. It keeps no refusal. The forms of the dashboard
// share a token, so that a form is a token and the button that submits it.
type guard struct {
	key     [32]byte
	origins *http.CrossOriginProtection

	mu    sync.Mutex
	works map[sum]*work // by formOf
	// queue holds the forms in works, in the order in which they can be forgotten.
	queue []used
}

// A work is the work of a form, which is done once.
type work struct {
	mu      sync.Mutex
	done    bool
	outcome outcome
}

// A sum identifies fields of a submitted form.
type sum [sha256.Size]byte

type used struct {
	form  sum
	until time.Time
}

func newGuard() *guard {
	g := &guard{origins: http.NewCrossOriginProtection(), works: make(map[sum]*work)}
	rand.Read(g.key[:]) // it never fails
	return g
}

// token returns a token for the form that r shows after so many resets, and sets the cookie that goes with it.
func (g *guard) token(w http.ResponseWriter, r *http.Request, resets int64) string {
	session, ok := sessionOf(r)
	if !ok {
		session = make([]byte, sessionSize)
		rand.Read(session)              // it never fails
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // without TLS, on loopback, a secure cookie would be none
			Name: cookieName(r), Value: base64.RawURLEncoding.EncodeToString(session), Path: "/",
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	token := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()))
	token = binary.BigEndian.AppendUint64(token, uint64(resets))
	var nonce [nonceSize]byte
	rand.Read(nonce[:]) // it never fails
	token = append(token, nonce[:]...)
	return base64.RawURLEncoding.EncodeToString(append(token, g.sign(token, session, r.URL.Path)...))
}

// allows reports whether a form comes from a page that this guard gave the token to, in the same browser. resets is the number
// of resets before that page.
func (g *guard) allows(r *http.Request, written string) (resets int64, ok bool) {
	token, err := base64.RawURLEncoding.Strict().DecodeString(written)
	session, ok := sessionOf(r)
	// Decoding skips line breaks. Written in another way a token would be another, and its form be submitted again.
	if err != nil || len(token) != tokenSize || base64.RawURLEncoding.EncodeToString(token) != written || !ok || g.origins.Check(r) != nil {
		return 0, false
	}
	stamped := token[:stampSize+nonceSize]
	if !hmac.Equal(token[len(stamped):], g.sign(stamped, session, r.URL.Path)) {
		return 0, false
	}
	shown := time.Unix(int64(binary.BigEndian.Uint64(stamped)), 0)
	return int64(binary.BigEndian.Uint64(stamped[8:])), time.Since(shown) < formLife
}

func (g *guard) sign(stamped, session []byte, path string) []byte {
	mac := hmac.New(sha256.New, g.key[:])
	for _, part := range [][]byte{stamped, session, []byte(path)} { // only the last has no fixed length
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// once does the work of the form that r submits, and returns its outcome. If the form was submitted before and its work is
// done, again is set and once does nothing. A second submission waits for the first. If do fails, the next
// submission does it again, with the outcome as do left it.
func (g *guard) once(r *http.Request, do func(*outcome) error) (o outcome, again bool, err error) {
	form := formOf(r.PostForm, r.PostForm.Get("do"))
	g.mu.Lock()
	now := time.Now()
	for len(g.queue) > 0 && now.After(g.queue[0].until) {
		delete(g.works, g.queue[0].form)
		g.queue = g.queue[1:]
	}
	w := g.works[form]
	if w == nil {
		w = new(work)
		g.works[form] = w
		g.queue = append(g.queue, used{form, now.Add(formLife)})
	}
	g.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return w.outcome, true, nil
	}
	err = do(&w.outcome)
	w.done, w.outcome.sent = err == nil, sumOf(r.PostForm)
	return w.outcome, false, err
}

// find returns the outcome of a form that was submitted before by the button do, if its work is done.
func (g *guard) find(form url.Values, do string) (o outcome, done bool) {
	g.mu.Lock()
	w := g.works[formOf(form, do)]
	g.mu.Unlock()
	if w == nil {
		return outcome{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outcome, w.done
}

func formOf(fields url.Values, do string) sum {
	return sumOf(url.Values{"token": {fields.Get("token")}, "do": {do}})
}

func sumOf(fields url.Values) sum { return sha256.Sum256([]byte(fields.Encode())) }

// cookieName returns the name of the session's cookie. Over TLS, neither another host nor a page without TLS can set it.
// Cookies are the same for all ports, so a sandbox without TLS has another name for it.
func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-vingd-sandbox"
	}
	return "vingd-sandbox"
}

func sessionOf(r *http.Request) (session []byte, ok bool) {
	cookie, err := r.Cookie(cookieName(r))
	if err != nil {
		return nil, false
	}
	session, err = base64.RawURLEncoding.Strict().DecodeString(cookie.Value)
	return session, err == nil && len(session) == sessionSize
}
