package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
)

// bodies hands over those requests whole whose body somebody reads, and all
// others without their body.
func (s *Server) bodies(next http.Handler) http.Handler {
	bodiless := s.unread(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if takesBody(r) {
			next.ServeHTTP(w, r)
			return
		}
		bodiless.ServeHTTP(w, r)
	})
}

// takesBody reports whether what answers r reads its body, and bounds it. Who
// may not change anything is answered without being heard out.
func takesBody(r *http.Request) bool {
	if r.URL.Path == flappyPath {
		return r.Method == http.MethodPost
	}
	return !reads(r.Method) && strings.HasPrefix(r.URL.Path, apiPath+"/") && unpermitted(auth.Admin, r) == nil
}

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
