package probe

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// FuzzHTTPAnswer has a server say anything at all. Whatever it is, a verdict
// comes of it, with a reason unless it is a pass, and little is kept.
func FuzzHTTPAnswer(f *testing.F) {
	for _, answer := range []string{
		page(200, healthJSON, `{"status":"warn"}`),
		page(302, "Location: //other.example:8080/a?b#c\r\n", ""),
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n\r\n2\r\nx\x9c\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
		"SSH-2.0-x\r\n",
	} {
		f.Add(answer, `status == 200 and json.status == "OK"`)
		f.Add(answer, "")
	}
	f.Fuzz(func(t *testing.T, answer, expectation string) {
		spec := &health.Spec{Name: "x", Target: "http://127.0.0.1:1/", Redirects: 1, Expect: expectation}
		target, err := health.ParseTarget(spec.Target)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := firstRequest(spec, target)
		expect, wrong := newExpectation(nil, spec, "http", "status", "header", "body", "json", "took")
		if wrong != nil {
			return
		}
		check := &httpCheck{net: reach.New(reach.Options{}), first: first, redirects: spec.Redirects, expect: expect}
		visit := visit{httpCheck: check, began: time.Now(), answer: &health.Answer{}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		next, r := visit.speak(ctx, &call{Conn: saying(t, answer), left: maxRead}, first)
		if next != nil {
			return // redirected
		}
		if ctx.Err() != nil {
			t.Errorf("%q was read until the time was up", answer)
		}
		if (r.Verdict == health.Pass) != (r.Reason == "") || (r.Reason == "") != (r.Text == "") || len(r.Text) > 4*maxText {
			t.Errorf("%q makes %s %s %s", answer, r.Verdict, r.Reason, r.Text)
		}
	})
}

// saying returns a connection to somebody who says something and closes.
func saying(t *testing.T, words string) net.Conn {
	ours, theirs := net.Pipe()
	done := make(chan bool)
	go func() {
		defer close(done)
		go io.Copy(io.Discard, theirs)
		io.WriteString(theirs, words)
		theirs.Close()
	}()
	t.Cleanup(func() {
		ours.Close()
		<-done
	})
	return ours
}
