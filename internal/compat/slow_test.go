package compat

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A sluggard does not take an answer until it is let go.
type sluggard struct {
	http.ResponseWriter
	begun chan<- struct{}
	let   <-chan struct{}
}

func (s *sluggard) Write(p []byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.let
	return s.ResponseWriter.Write(p)
}

// TestASlowReaderKeepsNobodyWaiting: the whole roll is read by one at a time, but
// not sent by one at a time.
func TestASlowReaderKeepsNobodyWaiting(t *testing.T) {
	for _, accept := range []string{"text/html", "application/json", "text/plain"} {
		h, _ := newWorld()
		post(h, ann, "appname=shop&url=http://:3000")
		status := call{path: "status", headers: []string{"Accept", accept}}
		begun, let, over := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			h.ServeHTTP(&sluggard{httptest.NewRecorder(), begun, let}, status.request())
		}()
		<-begun
		answered := make(chan int)
		go func() { answered <- status.send(h).Code }()
		select {
		case code := <-answered:
			if code != http.StatusOK {
				t.Errorf("%s: %d", accept, code)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: who reads slowly keeps others waiting", accept)
		}
		close(let)
		<-over
	}
}
