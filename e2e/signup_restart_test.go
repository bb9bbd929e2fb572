package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/client"
)

// An apprentice is an app that signs up and off, pauses and resumes, all the time,
// and remembers what the server said last that it has done.
type apprentice struct {
	name  string
	at    func() string // URL of the server
	token string        // of the owner

	signed, paused bool
	failed, unsure bool // its last heartbeat says so; whether it does is not known
	restarts       int
	// doubtful is set when there was no answer: it may have been done, or not.
	doubtful bool
	answers  int
}

func (a *apprentice) server() *client.Server { return &client.Server{URL: a.at(), Token: a.token} }

// act asks for one thing, and reports whether there was an answer.
func (a *apprentice) act(ctx context.Context) bool {
	s := a.server()
	var err error
	next := *a
	next.answers++
	switch what := rand.IntN(6); {
	case !a.signed || what == 0:
		var r *client.Receipt
		if r, err = s.Register(ctx, client.Check{Name: a.name, URL: "push://" + a.name, Period: time.Hour, Grace: time.Hour}); err == nil {
			next.signed, next.paused, next.restarts = true, false, r.Restarts
			next.unsure = a.unsure && r.Outcome != client.Created
			if r.Token != "" {
				next.token = r.Token
			}
		}
	case what == 1:
		next.signed, next.paused, next.failed, next.unsure, next.token = false, false, false, false, ""
		err = s.Stop(ctx, a.name)
	case what == 2:
		next.paused, err = false, s.Resume(ctx, a.name)
	case what == 3:
		next.failed, next.unsure = !a.failed, false
		signal := map[bool]client.Signal{true: client.SignalFail, false: client.SignalFinish}[next.failed]
		err = s.Beat(ctx, a.name, client.Beat{Signal: signal})
	default:
		next.paused, err = true, s.Pause(ctx, a.name, "to try it out")
	}
	var refusal *client.Error
	var connecting *net.OpError
	switch {
	case err == nil:
		*a = next
		return true
	case errors.As(err, &refusal):
		time.Sleep(refusal.RetryAfter)
		return true
	case errors.As(err, &connecting) && connecting.Op == "dial": // nobody heard it
	default:
		a.doubtful, a.unsure = true, true
	}
	return false
}

// work acts until there is no answer, or ctx ends.
func (a *apprentice) work(ctx context.Context) {
	for ctx.Err() == nil && a.act(ctx) {
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
	}
}

// judge compares what the server says with what it said before. In doubt, what is
// there now counts.
func (a *apprentice) judge(t *testing.T, cycle int) {
	t.Helper()
	info, err := a.server().Info(t.Context(), a.name)
	var refusal *client.Error
	switch {
	case errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized && a.doubtful: // it was signed off, and its token with it
		a.token = ""
		a.judge(t, cycle)
		return
	case err != nil && (refusal == nil || refusal.Status != http.StatusNotFound):
		t.Errorf("cycle %d: info of %s (signed up: %v, in doubt: %v): %v", cycle, a.name, a.signed, a.doubtful, err)
		return
	}
	signed := err == nil
	switch {
	case a.doubtful && !signed:
		a.signed, a.paused, a.token = false, false, ""
	case a.doubtful:
		a.signed, a.paused, a.restarts = true, info.Paused, info.Restarts
	case signed != a.signed:
		t.Errorf("cycle %d: %s is signed up: %v, and was: %v", cycle, a.name, signed, a.signed)
	case signed && (info.Paused != a.paused || info.Restarts != a.restarts):
		t.Errorf("cycle %d: %s is paused: %v, and has restarted %d times; it was %v and %d", cycle, a.name, info.Paused, info.Restarts, a.paused, a.restarts)
	}
	a.doubtful = false
}

// judgeBeat demands that the server believes the app's last heartbeat.
func (a *apprentice) judgeBeat(t *testing.T) {
	t.Helper()
	if !a.signed || a.paused || a.unsure {
		return
	}
	want := map[bool]string{true: "UNHEALTHY", false: "HEALTHY"}[a.failed]
	eventually(t, 20*time.Second, func() string {
		if info, err := a.server().Info(t.Context(), a.name); err != nil || info.Status != want {
			return fmt.Sprintf("%s is %+v (%v), want %s", a.name, info, err, want)
		}
		return ""
	})
}

// TestSignUpsSurviveKills kills the server while apps sign up and off, pause and
// resume: what was answered is so afterwards, what was refused is not, and an
// owner's token stays one.
func TestSignUpsSurviveKills(t *testing.T) {
	t.Parallel()
	const apps = 4
	args := []string{"--registration", "--database", filepath.Join(t.TempDir(), "portreeve.db")}
	var mu sync.Mutex
	var url string
	at := func() string { mu.Lock(); defer mu.Unlock(); return url }
	var all []*apprentice
	for i := range apps {
		all = append(all, &apprentice{name: fmt.Sprintf("job-%d", i), at: at})
	}
	doubts := 0
	for cycle := range signUpKills {
		s := serve(t, args...)
		mu.Lock()
		url = s.URL
		mu.Unlock()
		for _, a := range all {
			a.judge(t, cycle)
		}
		if t.Failed() {
			return
		}
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		for _, a := range all {
			working.Go(func() { a.work(ctx) })
		}
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		s.kill()
		stop()
		working.Wait()
		for _, a := range all {
			if a.doubtful {
				doubts++
			}
		}
	}
	s := serve(t, args...)
	url = s.URL
	answers := 0
	for _, a := range all {
		a.judge(t, signUpKills)
		a.judgeBeat(t)
		answers += a.answers
	}
	t.Logf("%d kills, %d changes that were answered, %d that were not", signUpKills, answers, doubts)
}

// TestRegistrationSwitchedOff: while registration is off, what apps signed up for
// waits and is not asked; it comes back as it was when it is on again.
func TestRegistrationSwitchedOff(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "portreeve.db")
	asked := newMoody(t, 2)
	on := func(args ...string) *server { return serve(t, append([]string{"--database", database}, args...)...) }
	s := on("--registration")
	token := map[string]string{}
	for i, name := range []string{"watched", "paused"} {
		r, err := (&client.Server{URL: s.URL}).Register(t.Context(), client.Check{Name: name, URL: fmt.Sprintf("%s/%d", asked.URL, i), Interval: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		token[name] = r.Token
	}
	info := func(name string) *client.Info {
		t.Helper()
		i, err := (&client.Server{URL: s.URL, Token: token[name]}).Info(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, s.stderr)
		}
		return i
	}
	eventually(t, 20*time.Second, func() string {
		if a, b := info("watched"), info("paused"); a.Status != "HEALTHY" || b.Status != "HEALTHY" {
			return a.Status + " " + b.Status
		}
		return ""
	})
	if err := (&client.Server{URL: s.URL, Token: token["paused"]}).Pause(t.Context(), "paused", "moves"); err != nil {
		t.Fatal(err)
	}
	before := info("watched")
	s.stop()

	for range 2 { // each start forgets what is no more
		s = on()
		if _, err := (&client.Server{URL: s.URL, Token: token["watched"]}).Info(t.Context(), "watched"); err == nil {
			t.Error("it is told of an app, though registration is off")
		}
		if _, err := (&client.Server{URL: s.URL}).Register(t.Context(), client.Check{Name: "watched", URL: asked.URL}); err == nil {
			t.Error("an app signs up, though registration is off")
		}
		time.Sleep(1500 * time.Millisecond) // for one question too many
		for _, c := range api[struct{ Spec struct{ Name, Origin string } }](s, "checks") {
			if c.Spec.Origin == "api" {
				t.Errorf("%s is asked, though registration is off", c.Spec.Name)
			}
		}
		s.stop()
	}

	s = on("--registration")
	eventually(t, 20*time.Second, func() string {
		if a, b := info("watched"), info("paused"); a.Status != "HEALTHY" || !b.Paused {
			return fmt.Sprintf("%s, paused %v", a.Status, b.Paused)
		}
		return ""
	})
	if after := info("watched"); !after.Created.Equal(before.Created) || after.Restarts != 0 || after.Owner != before.Owner {
		t.Errorf("it was %+v, and is %+v", before, after)
	}
	if err := (&client.Server{URL: s.URL, Token: token["paused"]}).Resume(t.Context(), "paused"); err != nil {
		t.Error(err)
	}
}
