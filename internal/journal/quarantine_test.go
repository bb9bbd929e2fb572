package journal_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/journal"
)

// A content is all that a journal says.
type content struct {
	Entries   []event.Recorded
	Heads     []event.Entry
	Place     event.Cursor
	Notes     []event.Note
	Kept      []event.Kept
	Latencies []history.Latency
}

// read returns it, or the first error.
func read(ctx context.Context, j journal.Journal) (c content, err error) {
	for at := event.Cursor(""); ; {
		page, err := j.Read(ctx, at, 100)
		if err != nil {
			return c, err
		}
		if len(page) == 0 {
			break
		}
		c.Entries = append(c.Entries, page...)
		at = page[len(page)-1].Cursor
	}
	for _, f := range []func() error{
		func() (err error) { c.Heads, err = j.Heads(ctx, ""); return err },
		func() (err error) { c.Place, err = j.Position(ctx, "mail"); return err },
		func() (err error) { c.Notes, err = j.Notes(ctx, "mail"); return err },
		func() (err error) { c.Kept, err = j.Kept(ctx, ""); return err },
		func() (err error) {
			c.Latencies, err = j.Latency(ctx, "shop", time.Time{}, time.Time{})
			return err
		},
	} {
		if err := f(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// filled makes a journal with something of everything, of many pages, and
// returns what it says.
func filled(t *testing.T, path string) content {
	t.Helper()
	j := openStandby(t, path)
	for n := range uint64(6) {
		for s := range 20 {
			appendAll(t, j, numbered(fmt.Sprint("check/", s), n+1, 1)...)
		}
	}
	all := readAll(t, j, "")
	for i := range 20 {
		key := fmt.Sprint("note ", i)
		if err := j.Advance(t.Context(), "mail", all[5*i].Cursor, event.Note{Key: key, Value: []byte(strings.Repeat(key, 10))}); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Keep(t.Context(), fmt.Sprint("pause/", i), []byte(strings.Repeat(key, 10)), 0); err != nil {
			t.Fatal(err)
		}
		l := history.Latency{Check: "shop", At: epoch.Truncate(time.Hour).Add(time.Duration(i) * 5 * time.Minute), Span: 5 * time.Minute}
		l.Add(time.Millisecond)
		if err := j.AddLatency(t.Context(), []history.Latency{l}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := read(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

var exactly = cmp.AllowUnexported(history.Sketch{})

// TestStandbyByteFlips: with one byte changed anywhere in its file, a journal
// starts, and either says word for word what was written or has moved the file
// aside. Nobody sees anything else before the scrub is through but errors.
func TestStandbyByteFlips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound.db")
	want := filled(t, sound)
	original, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	const seed = 20250330
	dice := rand.New(rand.NewPCG(seed, 0))
	moved := 0
	for i := range damages {
		at, with := dice.IntN(len(original)), byte(1+dice.IntN(255))
		if i%4 == 0 {
			at = dice.IntN(200) // the header is small and matters
		}
		t.Run(fmt.Sprintf("%d^%d", at, with), func(t *testing.T) {
			damaged := append([]byte(nil), original...)
			damaged[at] ^= with
			path := filepath.Join(dir, fmt.Sprint(i), "portreeve.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if flipped(t, path, want, damaged) {
				moved++
			}
			os.RemoveAll(filepath.Dir(path))
		})
	}
	t.Logf("%d of %d files were moved aside", moved, damages)
	if moved < damages/4 {
		t.Errorf("only %d of %d files were moved aside: nothing was tested", moved, damages)
	}
}

// flipped tests one damaged file and reports whether it was moved aside.
func flipped(t *testing.T, path string, want content, damaged []byte) bool {
	t.Helper()
	j := openStandby(t, path)
	defer j.Close()
	got, readErr := read(t.Context(), j)
	scrubErr := j.Scrub(t.Context())
	if readErr != nil || scrubErr != nil {
		eventually(t, fmt.Sprintf("the file is moved aside (%v, %v)", readErr, scrubErr), func() bool {
			_, _, ok := j.Quarantined()
			return ok && j.Trouble() == nil
		})
	}
	where, _, ok := j.Quarantined()
	if !ok {
		if diff := cmp.Diff(want, got, exactly); diff != "" {
			t.Errorf("not what was written, and nobody said so (-want +got):\n%.2000s", diff)
		}
		return false
	}
	if kept, err := os.ReadFile(where); err != nil || len(kept) < len(damaged) {
		t.Errorf("what was moved aside: %d bytes, %v, want %d", len(kept), err, len(damaged))
	}
	goesOn(t, j)
	return true
}

// goesOn fails the test unless a journal takes entries, as one that knows all
// of what it says.
func goesOn(t *testing.T, j *journal.Standby) {
	t.Helper()
	head, _, err := j.Head(t.Context(), "check/1")
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, numbered("check/1", head.Number+1, 2)...)
	recent, err := j.Recent(t.Context(), 2)
	if err != nil || len(recent) != 2 || recent[1].Number != head.Number+2 {
		t.Errorf("recent: %v, %v", recent, err)
	}
	if err := j.Trouble(); err != nil {
		t.Errorf("trouble: %v", err)
	}
}

// TestStandbyDamagedWhileRunning: what is known is carried over into a new
// file, under the same cursors.
func TestStandbyDamagedWhileRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	want := filled(t, path)
	j := openStandby(t, path)
	identity := j.Identity()
	called := make(chan string, 1)
	j.OnQuarantine(func(path string, _ time.Time) { called <- path })
	destroy(t, path)
	if err := j.Scrub(t.Context()); err == nil {
		t.Fatal("a destroyed file is in order")
	}
	appendAll(t, j, numbered("check/1", 7, 1)...)
	if moved := <-called; !strings.HasPrefix(moved, path+".corrupt-") {
		t.Errorf("moved to %s", moved)
	}
	healed(t, j)
	goesOn(t, j)
	same := func(name string, j journal.Journal) {
		t.Helper()
		got, err := read(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		got.Latencies = want.Latencies // they are lost
		if n := len(want.Entries); len(got.Entries) != n+3 {
			t.Errorf("%s: %d entries, want %d", name, len(got.Entries), n+3)
		} else if diff := cmp.Diff(want.Entries, got.Entries[:n]); diff != "" {
			t.Errorf("%s: entries (-want +got):\n%.1000s", name, diff)
		}
		got.Entries, got.Heads[1] = want.Entries, want.Heads[1]
		if got.Heads[1].Stream != "check/1" {
			t.Errorf("%s: head 1 is of %s", name, got.Heads[1].Stream)
		}
		if diff := cmp.Diff(want, got, exactly); diff != "" {
			t.Errorf("%s (-want +got):\n%.1000s", name, diff)
		}
		if j.Identity() != identity {
			t.Errorf("%s: another identity", name)
		}
	}
	same("in use", j)
	revision, err := j.Keep(t.Context(), "new", []byte("x"), 0)
	if err != nil || revision != 21 {
		t.Errorf("revision %d, %v, want the one after those of before", revision, err)
	}
	if _, err := j.Keep(t.Context(), "new", nil, revision); err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file := openFile(t, path)
	defer file.Close()
	same("reopened", file)
}

// destroy overwrites a database, all but its first page, and its write-ahead
// log, all but the header.
func destroy(t *testing.T, path string) {
	t.Helper()
	for name, from := range map[string]int64{path: 4096, path + "-wal": 32} {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		junk := make([]byte, max(0, info.Size()-from))
		rand.NewChaCha8([32]byte{}).Read(junk)
		if _, err := f.WriteAt(junk, from); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStandbyLeavesOthersAlone: a file that is no journal of ours is refused
// and stays as it is, however often it is tried.
func TestStandbyLeavesOthersAlone(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"text":        func(t *testing.T, path string) { file(t, filepath.Dir(path), filepath.Base(path), "root:x:0:0\n") },
		"a few bytes": func(t *testing.T, path string) { file(t, filepath.Dir(path), filepath.Base(path), "SQL") },
		"rubbish": func(t *testing.T, path string) {
			file(t, filepath.Dir(path), filepath.Base(path), "SQLite format 3\x00"+strings.Repeat("rubbish ", 1000))
		},
		"another's tables": func(t *testing.T, path string) { execute(t, another(t, path), `CREATE TABLE entry (id INTEGER)`) },
		"another's damaged database": func(t *testing.T, path string) {
			db := another(t, path)
			execute(t, db, `CREATE TABLE shop (id INTEGER, name TEXT)`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000)
				INSERT INTO shop SELECT i, 'item ' || i FROM n`)
			db.Close()
			destroy(t, path)
		},
		"another's that was refused before, damaged since": func(t *testing.T, path string) {
			execute(t, another(t, path), `CREATE TABLE entry (id INTEGER)`)
			if j, err := journal.OpenSQLite(t.Context(), path, quiet); err == nil {
				j.Close()
				t.Fatal("opened")
			}
			if b, err := os.ReadFile(path); err != nil || !bytes.Contains(b, []byte("portreeve_schema")) {
				t.Fatalf("nothing was left in it, %v", err)
			}
			destroy(t, path)
		},
		"a newer portreeve's": func(t *testing.T, path string) {
			older := newerSchema(t, t.TempDir())
			copyFile(t, older, path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.db")
			make(t, path)
			for range 2 {
				j, err := journal.OpenStandby(t.Context(), path, quiet)
				if err == nil {
					j.Close()
					t.Fatal("opened")
				}
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
				if moved, _ := filepath.Glob(path + ".corrupt-*"); len(moved) > 0 {
					t.Errorf("moved aside: %q", moved)
				}
			}
		})
	}
}

// TestStandbyNamesTheFirst: two portreeves on one file are one too many, also
// while the first cannot write it.
func TestStandbyNamesTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openStandby(t, path)
	defer j.Close()
	for _, locked := range []bool{false, true} {
		if locked {
			lockHere(t, path)
			journal.Impatient(j)
			appendAll(t, j, numbered("check/a", 1, 1)...)
		}
		second, err := journal.OpenStandby(t.Context(), path, quiet)
		if err == nil {
			second.Close()
			t.Fatal("opened twice")
		}
		if want := fmt.Sprint("another portreeve holds it: pid ", os.Getpid()); !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
