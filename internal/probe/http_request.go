package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// What a request says of itself unless the check's headers say otherwise.
const (
	userAgent = "portreeve"
	accepts   = "application/health+json, application/json;q=0.9, */*;q=0.8"
)

// A request is what a check sends to a place, ready to be sent again and again.
// It is immutable.
type request struct {
	to     health.Target
	method string
	url    *url.URL
	host   string // of the Host header
	header http.Header
	body   string
	wire   []byte        // all of it, as HTTP/1.1 has it
	plain  *http.Request // what the reader of an answer must know of the question; nil for GET
}

// newRequest writes a request out.
func newRequest(to health.Target, method, host string, header http.Header, body string) (*request, error) {
	u, err := url.ParseRequestURI(to.Path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	u.Scheme, u.Host = to.Kind, authority(to)
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // as browsers do
	if host == "" {
		host = u.Host
	}
	r := &request{to: to, method: method, url: u, host: host, header: header, body: body}
	if method != http.MethodGet {
		r.plain = &http.Request{Method: method}
	}
	var wire bytes.Buffer
	one := r.once(context.Background())
	one.Close = true // tells the server that nothing more will come
	if err := one.Write(&wire); err != nil {
		return nil, err
	}
	r.wire = bytes.Clone(wire.Bytes())
	return r, nil
}

// spare forgets what only HTTP/2 and redirects need: the request as it was
// written out is enough, and ten thousand checks count every byte.
func (r *request) spare() { r.url, r.header, r.body = nil, nil, "" }

// once returns the request in the form that package net/http sends.
func (r *request) once(ctx context.Context) *http.Request {
	one := &http.Request{Method: r.method, URL: r.url, Host: r.host, Header: r.header}
	if r.body != "" {
		one.Body, one.ContentLength = io.NopCloser(strings.NewReader(r.body)), int64(len(r.body))
	}
	return one.WithContext(ctx)
}

// authority returns host and port as a URL has them: without a port that is the
// scheme's own (RFC 9110, section 4.2.3).
func authority(t health.Target) string {
	hostPort := t.HostPort()
	if t.Kind == "http" && t.Port == 80 || t.Kind == "https" && t.Port == 443 {
		return hostPort[:strings.LastIndexByte(hostPort, ':')]
	}
	return hostPort
}
