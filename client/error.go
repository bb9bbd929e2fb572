package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrNoServer means that no server is known: none was named, and none that works
// was found on the network.
var ErrNoServer = errors.New("no portreeve server found")

// ErrNotRegistered means that an [App] is not signed up at the moment.
var ErrNotRegistered = errors.New("not registered")

// An Error is a server's refusal. Its texts come from the server.
type Error struct {
	// Status is the HTTP status of the answer: 404 where there is no such check,
	// 403 where it is somebody else's, 409 where the name is taken, 422 where Fields
	// are wrong or there are too many checks, 429 where RetryAfter says when to come
	// again, 503 where the server could not keep it now.
	Status int
	// Because is a word for the kind of refusal, where a registration is refused:
	// invalid, taken, configured (the server's configuration has the name), forbidden,
	// absent, full or too_often. A server may know more.
	Because string
	Detail  string // what is wrong, a sentence
	Hint    string // what to do instead; may be empty
	Fields  []Field
	// RetryAfter is how long the server wants to be left alone; zero: it says
	// nothing about it.
	RetryAfter time.Duration
}

// A Field names one wrong part of a request, as the server calls it:
// "unhealthy_threshold".
type Field struct {
	Name   string
	Reason string // with the allowed range, where there is one
}

// Error tells the detail, every wrong field and the hint on one line.
func (e *Error) Error() string {
	parts := []string{strings.TrimSuffix(e.Detail, ".")}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+f.Reason)
	}
	text := strings.Join(parts, "; ")
	if e.Hint != "" {
		text += " (" + strings.TrimSuffix(e.Hint, ".") + ")"
	}
	return fmt.Sprintf("%s [%d]", text, e.Status)
}

// refused reports whether err is a server's answer of one of these statuses.
func refused(err error, statuses ...int) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, s := range statuses {
		if e.Status == s {
			return true
		}
	}
	return false
}

// problem is a problem detail (RFC 9457) with portreeve's members.
type problem struct {
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Hint    string `json:"hint"`
	Because string `json:"because"`
	Errors  []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
}

// errorOf reads the refusal that an answer is.
func errorOf(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"))}
	var p problem
	if !isJSON(resp.Header) || json.Unmarshal(body, &p) != nil {
		e.Detail = "the answer is " + strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
		e.Hint = "It does not look like portreeve's."
		return e
	}
	e.Detail, e.Hint, e.Because = p.Detail, p.Hint, p.Because
	if e.Detail == "" {
		e.Detail = p.Title
	}
	for _, f := range p.Errors {
		e.Fields = append(e.Fields, Field{Name: strings.TrimPrefix(f.Location, "body."), Reason: f.Message})
	}
	return e
}

// retryAfter reads the seconds of a Retry-After header (RFC 9110, section
// 10.2.3). One with a date counts as none: it would have to be believed across
// two clocks.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter)) * time.Second
}

// maxRetryAfter bounds for how many seconds a server can send an app away.
const maxRetryAfter = 3600

// isJSON reports whether an answer says that it is JSON, of whatever kind.
func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// retryAfterOf returns how long the server that gave an error wants to be left
// alone.
func retryAfterOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
