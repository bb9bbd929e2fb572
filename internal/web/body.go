package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

// bodies hands over those requests whole whose body somebody reads, and all
// others without their body.
func (s *Server) bodies(next http.Handler) http.Handler {
	bodiless := s.unread(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch may, _ := s.rules.find(r); {
		case isCompat(r) && !s.options.Door.Admits(compatCaller(r)):
			bodiless.ServeHTTP(w, r)
		case may != nil && r.ContentLength != 0:
			if hearOut(w, r) {
				next.ServeHTTP(w, r)
			}
		case may != nil, takesBody(r):
			next.ServeHTTP(w, r)
		default:
			bodiless.ServeHTTP(w, r)
		}
	})
}

// compatCaller is a caller who knows no tokens.
func compatCaller(r *http.Request) registration.Caller {
	c := CallerOf(r)
	c.Token, c.Admin, c.Owns = "", false, ""
	return c
}

// takesBody reports whether what answers r reads its body, and bounds it. Who
// may not change anything is answered without being heard out.
func takesBody(r *http.Request) bool {
	if r.URL.Path == flappyPath {
		return r.Method == http.MethodPost
	}
	return !reads(r.Method) && strings.HasPrefix(r.URL.Path, apiPath+"/") && unpermitted(auth.Admin, r) == nil
}

// hearOut reads the body of r, up to maxBody, before it is answered. Meanwhile
// its connection can be pushed out, as one can that has not sent its whole
// header: whoever needs no token to be heard could hold places with bodies that
// never end. It reports false, and has answered, when the body did not come in
// full; one that is too long ends in an error for who reads it.
func hearOut(w http.ResponseWriter, r *http.Request) bool {
	c := connOf(r.Context())
	if c != nil {
		c.gate.await(c)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if c != nil {
		c.gate.track(c, http.StateActive)
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); err != nil && !tooLong {
		w.Header().Set("Connection", "close")
		p := problem{Status: http.StatusBadRequest, Detail: "The body did not come in full."}
		p.serve(w, r)
		return false
	}
	if err == nil {
		err = io.EOF
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return true
}

// A failing is a reader of nothing but an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// unread answers requests that come with a body without waiting for it, for
// nobody reads it. Left to itself, net/http lets a caller who announces a body
// and never sends it hold a place until the server's read timeout. So the
// answer goes out at once and closes the connection (RFC 9112, section 9.6); it
// lingers for a moment, since a reset may destroy an answer that the caller has
// not read yet, and gives up its place to whoever wants it meanwhile.
func (s *Server) unread(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		c := connOf(r.Context())
		if c != nil {
			c.SetReadDeadline(time.Now().Add(s.wait.body))
		}
		bare := r.Clone(r.Context())
		bare.Body, bare.ContentLength = http.NoBody, 0
		next.ServeHTTP(w, bare)
		if c != nil && http.NewResponseController(w).Flush() == nil {
			c.gate.await(c)
		}
	})
}
