// Package mirrortest is the conformance suite of mirrors: what package mirror
// promises, as tests against a real server of each kind.
//
//	func TestPostgres(t *testing.T) { mirrortest.Run(t, debian.StartPostgres(t)) }
package mirrortest

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/mirror"
)

// A Server is a database server that the suite may treat badly.
type Server interface {
	DSN() string   // of a user who may create databases and users
	Roots() string // file of what its certificate for 127.0.0.1 is to be trusted by
	Kill()         // as kill -9 does
	Start()
	Pause() // as SIGSTOP does
	Resume()
}

// patience bounds every wait of the suite: reaching it is a failure.
const patience = time.Minute

// Run tests mirrors on a server. Each test has a database of its own.
func Run(t *testing.T, server Server) {
	t.Run("Runs", func(t *testing.T) {
		for _, tt := range []test{
			{"Order", testOrder},
			{"Columns", testColumns},
			{"HostileText", testHostileText},
			{"LargeBodies", testLargeBodies},
			{"States", testStates},
			{"SeedsStateIsLeftAlone", testSeedsState},
			{"Restarts", testRestarts},
			{"Cuts", testCuts},
			{"OlderJournal", testOlderJournal},
			{"AnotherHistory", testAnotherHistory},
			{"Successor", testSuccessor},
			{"OtherJournal", testOtherJournal},
			{"Fenced", testFenced},
			{"StartedAtOnce", testStartedAtOnce},
			{"HalfMigrated", testHalfMigrated},
			{"NewerSchema", testNewerSchema},
			{"NotUnicode", testNotUnicode},
			{"WrongPassword", testWrongPassword},
			{"NoSuchDatabase", testNoSuchDatabase},
			{"NotPermitted", testNotPermitted},
			{"RestrictedUser", testRestrictedUser},
			{"TLS", testTLS},
			{"Locked", func(t *testing.T, server Server) { Locked(t, server, 8*time.Second) }},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				tt.run(t, server)
			})
		}
	})
	for _, tt := range []test{ // in which the server is not there for anybody
		{"Frozen", func(t *testing.T, server Server) { Frozen(t, server, 200*time.Millisecond) }},
		{"Absent", func(t *testing.T, server Server) { Absent(t, server, 500*time.Millisecond) }},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, server) })
	}
}

type test struct {
	name string
	run  func(*testing.T, Server)
}

// A follower is a mirror that runs.
type follower struct {
	*mirror.Mirror
	log  *lines
	stop func() // ends it and waits for that
}

// follow runs a mirror of a journal until the test or stop ends it.
func follow(t *testing.T, dsn string, source mirror.Source) follower {
	t.Helper()
	log := &lines{}
	m, err := mirror.Open(t.Context(), dsn, "", slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := m.Run(ctx, source); err != context.Canceled {
			t.Errorf("run: %v, want context.Canceled", err)
		}
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		<-ended
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(stop)
	return follower{m, log, stop}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for: %s", patience, what)
		}
	}
}

// caughtUp waits until a mirror has all of a journal.
func caughtUp(t *testing.T, f follower, d database, j *Journal) {
	t.Helper()
	for deadline := time.Now().Add(patience); d.count(t) != j.Len(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d rows after %s: %v\n%s", d.count(t), j.Len(), patience, f.Err(), f.log)
		}
	}
}

// complete waits until a mirror has all of a journal and compares them: every
// entry once, in order.
func complete(t *testing.T, f follower, d database, j *Journal) {
	t.Helper()
	caughtUp(t, f, d, j)
	equal(t, "rows", d.entries(t), j.all())
}

// lines is a log that can be read meanwhile.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// levels counts lines at a level.
func (l *lines) levels(level slog.Level) int {
	return strings.Count(l.String(), "level="+level.String())
}

// numbered returns the key that a test compares entries by.
func numbered(entries []event.Entry) map[string]int {
	n := map[string]int{}
	for _, e := range entries {
		n[e.Key()]++
	}
	return n
}
