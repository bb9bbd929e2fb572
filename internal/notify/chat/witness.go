//go:build !nochat

package chat

import (
	"io"
	"net/http"
	"sync"
)

// A witness sees the answers that a service of the library gets, and keeps it
// from reading more of them than there is to know.
type witness struct {
	next http.RoundTripper // nil: the usual one

	mu   sync.Mutex
	last sight
}

// A sight is what there was to see.
type sight struct {
	status     int
	retryAfter string
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// RoundTrip implements [http.RoundTripper].
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	next := w.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.last = sight{resp.StatusCode, resp.Header.Get("Retry-After")}
	w.mu.Unlock()
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// forget begins anew.
func (w *witness) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = sight{}
}

// saw returns the last answer; the zero sight: none.
func (w *witness) saw() sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}
