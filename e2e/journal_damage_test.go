package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// journalPage is the size of a page in the journal's file.
const journalPage = 4096

// spoil writes noise into every page of a file but the very first bytes, which
// say that it is a database.
func spoil(t testing.TB, file string) {
	t.Helper()
	b := bytesOf(t, file)
	for at := 0; at+journalPage <= len(b); at += journalPage {
		for i := range 256 {
			b[at+128+i*15] ^= byte(1 + rand.IntN(255))
		}
	}
	scribble(t, file, b)
}

// scribble replaces a file's content in place, beneath those who have it open.
func scribble(t testing.TB, file string, content []byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
}

// isAside demands that the damaged file was moved aside, loudly.
func (l *lookout) isAside() {
	l.t.Helper()
	eventually(l.t, 30*time.Second, func() string {
		_, _ = l.s.try("/api/v1/events?since=start&limit=1000") // somebody looks: damage is found when it is read
		_, _ = l.s.try("/api/v1/incidents")
		if n := l.metric("portreeve_journal_quarantined_total"); n != 1 {
			return fmt.Sprintf("journal_quarantined_total is %v\n%s", n, l.s.stderr)
		}
		return ""
	})
	if found := aside(l.t, l.journal); len(found) != 1 {
		l.t.Errorf("moved aside: %v", found)
	} else if said := missing(l.s.stderr.String(), "level=ERROR", "journal is damaged", found[0], ".recover"); said != "" {
		l.t.Error(said)
	}
}

// TestJournalDamagedWhileRunning: the file is written over while it is in use.
// It is moved aside, and checks, mails and what is known go on.
func TestJournalDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	for range 2 {
		l.outage()
	}
	before := happenings(l.s)
	mails := len(l.letters())
	spoil(t, l.journal)
	spoil(t, l.journal+"-wal")
	l.isAside()
	l.outage()
	l.heals()
	l.confesses("damaged")
	if got := len(l.letters()); got != mails+4 {
		t.Errorf("%d mails since the damage, want those of two outages", got-mails)
	}
	l.well()
	if after := happenings(l.s); len(after) < len(before) {
		t.Errorf("%d entries, there were %d", len(after), len(before))
	}
	inOrder(t, before, happenings(l.s))
	l.audit(func() string { return l.journal })
}

// TestJournalDamagedAtStart: what cannot be read is moved aside, statuses are
// learned anew, and who is down is told of.
func TestJournalDamagedAtStart(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(file string){
		"every page": func(file string) {
			b := bytesOf(t, file)
			for at := 2 * journalPage; at+journalPage <= len(b); at += journalPage {
				for i := range 64 {
					b[at+128+i*60] ^= 0x5a
				}
			}
			scribble(t, file, b)
		},
		"cut in half": func(file string) {
			if err := os.Truncate(file, int64(len(bytesOf(t, file))/2)); err != nil {
				t.Fatal(err)
			}
		},
		"first page": func(file string) { scribble(t, file, bytes.Repeat([]byte{0xff}, 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLookout(t, t.TempDir()).start(nil).well()
			l.outage()
			l.s.stop()
			l.mails = len(l.letters())
			damage(l.journal)
			damaged := bytesOf(t, l.journal)
			l.m.down[0].Store(true)
			l.start(nil)
			l.isAside()
			if took := l.told("UNHEALTHY", 0); took > 30*time.Second {
				t.Errorf("told after %v", took)
			}
			if found := aside(t, l.journal); len(found) == 1 && !bytes.Equal(bytesOf(t, found[0]), damaged) {
				t.Error("what was moved aside is not what there was")
			}
			l.m.down[0].Store(false)
			l.told("HEALTHY", 0)
			if name == "cut in half" { // which may take half a minute, once is enough
				l.confesses("damaged")
			}
			if got := len(l.letters()) - l.mails; got != 2 {
				t.Errorf("%d mails since the damage, want 2", got)
			}
			l.audit(func() string { return l.journal })
		})
	}
}

// TestJournalFlips starts on journals with a few damaged bytes anywhere. It
// always starts, and what it tells is true: every entry as it was, or loudly none.
func TestJournalFlips(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	l.outage()
	told := happenings(l.s)
	l.s.stop()
	sound := bytesOf(t, l.journal)
	moved := 0
	for round := range flipRounds {
		file := filepath.Join(t.TempDir(), "portreeve.db")
		b := bytes.Clone(sound)
		for range 1 << (round % 8) {
			b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p := start(t, nil, filepath.Join(bin, "portreeve"), "serve", "--listen", "127.0.0.1:0", "--database", file)
		s := &server{program: p}
		for s.URL == "" {
			s.URL = strings.TrimRight(pageURL.FindString(p.line()), "/")
		}
		var got struct{ Items []happening }
		eventually(t, 10*time.Second, func() string { // damage that is found now is no answer, and then there is another file
			body, err := s.try("/api/v1/events?since=start&limit=1000")
			if err == nil {
				err = json.Unmarshal([]byte(body), &got)
			}
			if err != nil {
				return err.Error()
			}
			return ""
		})
		if len(aside(t, file)) > 0 {
			moved++
			if words := missing(p.stderr.String(), "journal is damaged"); words != "" {
				t.Error(words)
			}
		} else {
			inOrder(t, told, got.Items)
		}
		s.stop()
	}
	t.Logf("%d of %d damaged journals were moved aside", moved, flipRounds)
}
