package mirrortest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// testRestarts ends the mirror's process, as far as the database can see, in
// the middle of its work.
func testRestarts(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 20_000)...)
	for cycle := range 10 {
		f := follow(t, d.dsn, j)
		eventually(t, "some rows", func() bool { return f.Rows() > uint64(rand.IntN(1000)) || d.count(t) == j.Len() })
		f.stop()
		j.Append(changes("b", uint64(cycle*10+1), 10)...)
	}
	complete(t, follow(t, d.dsn, j), d, j)
}

// testCuts cuts the connection at random bytes: statements do not arrive, and
// answers get lost, that of COMMIT too.
func testCuts(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	cutter := newCutter(t, with(t, d.dsn, func(*url.URL) {}))
	f := follow(t, with(t, d.dsn, func(u *url.URL) { u.Host = cutter.addr }), j)
	for i := range uint64(300) {
		j.Append(change("a", i+1, strings.Repeat("x", rand.IntN(200))), change("b", i+1, ""))
		time.Sleep(5 * time.Millisecond) // the load, not a wait
	}
	cutter.mend()
	complete(t, f, d, j)
	if cutter.cuts() < 5 {
		t.Errorf("only %d cuts: nothing was tested", cutter.cuts())
	}
}

// A cutter is a proxy before a database that cuts each connection after some
// bytes, until it is mended.
type cutter struct {
	addr, to string

	mu     sync.Mutex
	cut    int
	mended bool
}

func newCutter(t *testing.T, dsn string) *cutter {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{addr: l.Addr().String(), to: u.Host}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(conn)
		}
	}()
	return c
}

// carry carries bytes between a client and the database.
func (c *cutter) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	there, back := int64(1<<40), int64(1<<40)
	c.mu.Lock()
	if !c.mended {
		there, back = 2000+rand.Int64N(20_000), 2000+rand.Int64N(5_000)
		c.cut++
	}
	c.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range []struct {
		to, from net.Conn
		n        int64
	}{{server, client, there}, {client, server, back}} {
		go func() {
			_, _ = io.CopyN(way.to, way.from, way.n) // however it ends, that is the cut
			done <- struct{}{}
		}()
	}
	<-done
}

func (c *cutter) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mended = true
}

func (c *cutter) cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

// Locked tests that somebody may lock the table for longer than a mirror waits
// for it.
func Locked(t *testing.T, server Server, d time.Duration) {
	db, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 3)...)
	f := follow(t, db.dsn, j)
	caughtUp(t, f, db, j)
	unlock := db.lock(t)
	locked := time.Now()
	j.Append(changes("a", 4, 1000)...)
	eventually(t, "an error", func() bool { return f.Err() != nil })
	if f.Lag() == 0 {
		t.Error("no lag while the table is locked")
	}
	time.Sleep(d - time.Since(locked)) // the lock
	unlock()
	complete(t, f, db, j)
	oneOutage(t, f)
}

// lock locks the table of entries against everybody until unlock is called.
func (d database) lock(t *testing.T) (unlock func()) {
	t.Helper()
	conn, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{"BEGIN", "LOCK TABLE portreeve_entry IN ACCESS EXCLUSIVE MODE"}
	if d.mysql {
		statements = []string{"LOCK TABLES portreeve_entry WRITE"}
	}
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return func() {
		for _, s := range map[bool][]string{true: {"UNLOCK TABLES"}, false: {"ROLLBACK"}}[d.mysql] {
			if _, err := conn.ExecContext(context.Background(), s); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
		conn.Close()
	}
}

// Frozen tests that the server may stand still: nobody waits for it.
func Frozen(t *testing.T, server Server, d time.Duration) {
	db, j := newDatabase(t, server), NewJournal("one")
	f := follow(t, db.dsn, j)
	j.Append(changes("a", 1, 3)...)
	caughtUp(t, f, db, j)
	other := newDatabase(t, server)
	g := follow(t, other.dsn, j)
	caughtUp(t, g, other, j)
	server.Pause()
	begun := time.Now()
	j.Append(changes("a", 4, 1000)...)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the journal waited %s for its mirror", took)
	}
	eventually(t, "lag", func() bool { return f.Lag() > 0 && g.Lag() > 0 })
	begun = time.Now()
	g.stop() // in the middle of a statement
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the end waited %s for the server", took)
	}
	time.Sleep(d) // the frost
	server.Resume()
	complete(t, f, db, j)
}

// Absent tests that the server may be killed, be gone for a while, and come
// back. There is one line when that is noticed and one when it is over.
func Absent(t *testing.T, server Server, d time.Duration) {
	db, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 100)...)
	f := follow(t, db.dsn, j)
	caughtUp(t, f, db, j)
	server.Kill()
	j.Append(changes("a", 101, 3000)...)
	eventually(t, "an error", func() bool { return f.Err() != nil })
	eventually(t, "lag", func() bool { return f.Lag() > 0 })
	time.Sleep(d) // the absence: some tries fail
	server.Start()
	complete(t, f, db, j)
	oneOutage(t, f)
	if err := f.Err(); err != nil {
		t.Errorf("after it: %v", err)
	}
}

// oneOutage fails the test unless the log tells of one outage and its end.
func oneOutage(t *testing.T, f follower) {
	t.Helper()
	eventually(t, "the end of the outage", func() bool { return f.Err() == nil })
	if warned, told := f.log.levels(slog.LevelWarn), f.log.levels(slog.LevelInfo); warned != 1 || told != 1 {
		t.Errorf("%d warnings and %d others, want one each:\n%s", warned, told, f.log)
	}
}

// Kills kills the server a number of times under load: no row may be lost or
// doubled.
func Kills(t *testing.T, server Server, kills int) {
	db, j := newDatabase(t, server), NewJournal("one")
	f := follow(t, db.dsn, j)
	load := startLoad(j)
	for range kills {
		before := f.Rows()
		eventually(t, "some rows", func() bool { return f.Rows() > before+uint64(rand.IntN(2000)) })
		server.Kill()
		server.Start()
	}
	appended := load()
	complete(t, f, db, j)
	rows := db.entries(t)
	doubled := 0
	for _, n := range numbered(rows) {
		doubled += n - 1
	}
	t.Logf("%d kills, %d entries: %d lost, %d doubled", kills, appended, appended-len(numbered(rows)), doubled)
}

// startLoad appends to a journal until it is told to stop, and says how many
// entries there are.
func startLoad(j *Journal) (stop func() int) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := uint64(0); ; n++ {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
			for check := range 4 {
				j.Append(change(fmt.Sprint("check-", check), n+1, "under load"))
			}
		}
	}()
	return func() int {
		close(done)
		<-ended
		return j.Len()
	}
}
