// Package api is an API whose answers are changed while it runs: something to
// monitor, for users who try portreeve out as for its tests.
//
// Every path answers what was last asked for, but those under /control:
//
//	GET  /control                          what it answers now, and how often it was asked
//	PUT  /control?status=503               answer this status from now on
//	PUT  /control?body=maintenance         answer this body, with status 200 unless given
//	PUT  /control?fault=hang               do not answer at all (hang), cut connections off (reset), or nothing of it (none)
//	PUT  /control?delay=3s                 answer so much later
//	PUT  /control?status=500&times=1       … for so many requests, then as before
//	DELETE /control                        be well again: 200 {"status":"OK"}
package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An Answer is what the API says.
type Answer struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Fault  string `json:"fault,omitempty"` // hang or reset
	Delay  string `json:"delay,omitempty"`
	// Times is for how many requests more; 0: until told otherwise.
	Times int `json:"times,omitempty"`
}

// Well is the answer of a healthy API.
func Well() Answer { return Answer{Status: http.StatusOK, Body: `{"status":"OK"}`} }

// An API is the handler. It is safe for concurrent use.
type API struct {
	mu     sync.Mutex
	now    Answer
	after  Answer // when the times of now are over
	asked  int
	failed int // requests that were not answered well
}

// New returns an API that is well.
func New() *API { return &API{now: Well(), after: Well()} }

// Set makes the API answer so from now on.
func (a *API) Set(answer Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if answer.Times > 0 && a.now.Times == 0 {
		a.after = a.now
	}
	a.now = answer
}

// Asked returns how often the API was asked, and how often it failed.
func (a *API) Asked() (all, failed int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked, a.failed
}

// next counts a request and returns the answer to it.
func (a *API) next() Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := a.now
	a.asked++
	if answer != Well() {
		a.failed++
	}
	if a.now.Times > 0 {
		if a.now.Times--; a.now.Times == 0 {
			a.now = a.after
		}
	}
	return answer
}

// ServeHTTP answers, or takes in how to.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/control" {
		a.control(w, r)
		return
	}
	answer := a.next()
	if d, err := time.ParseDuration(answer.Delay); err == nil {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
	switch answer.Fault {
	case "hang":
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case "reset":
		panic(http.ErrAbortHandler)
	}
	if json.Valid([]byte(answer.Body)) {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(answer.Status)
	fmt.Fprintln(w, answer.Body)
}

// control changes the answer, and tells what it is.
func (a *API) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		a.Set(Well())
	case http.MethodPut, http.MethodPost:
		answer, err := parse(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.Set(answer)
	default:
		w.Header().Set("Allow", "GET, PUT, POST, DELETE")
		http.Error(w, "GET tells what is answered, PUT changes it, DELETE makes it well again", http.StatusMethodNotAllowed)
		return
	}
	a.mu.Lock()
	now, asked, failed := a.now, a.asked, a.failed
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"answer": now, "asked": asked, "failed": failed})
}

// parse reads an answer from the parameters of a request.
func parse(q url.Values) (Answer, error) {
	answer := Well()
	for name, values := range q {
		value := values[len(values)-1]
		var err error
		switch name {
		case "status":
			if answer.Status, err = strconv.Atoi(value); err != nil || answer.Status < 200 || answer.Status > 599 {
				return answer, fmt.Errorf("status: %q is none from 200 to 599", value)
			}
		case "body":
			answer.Body = value
		case "fault":
			if !slices.Contains([]string{"hang", "reset", "none"}, value) {
				return answer, fmt.Errorf("fault: %q is none of hang, reset and none", value)
			}
			answer.Fault = strings.TrimPrefix(value, "none")
		case "delay":
			if _, err = time.ParseDuration(value); err != nil {
				return answer, fmt.Errorf("delay: %q is no duration, as in 3s", value)
			}
			answer.Delay = value
		case "times":
			if answer.Times, err = strconv.Atoi(value); err != nil || answer.Times < 1 {
				return answer, fmt.Errorf("times: %q is no number from 1", value)
			}
		default:
			return answer, fmt.Errorf("there is no %q: status, body, fault, delay and times are known", name)
		}
	}
	return answer, nil
}
