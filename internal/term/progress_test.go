package term

import (
	"os"
	"strings"
	"testing"
)

func TestProgressIsShownInOnePlace(t *testing.T) {
	environment(t)
	master, tty := terminal(t, 20, 5)
	p := NewProgress(tty)
	p.Show("round 1 of 5")
	p.Show("round 2 of 5, and more than there is space for")
	p.Clear()
	p.Clear() // nothing is left to take away
	if _, err := tty.WriteString("end"); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(until(t, master, "end"), "\r"+eraseLine, "|")
	if got = uncoloured(got); got != "|round 1 of 5|round 2 of 5, and …|end" {
		t.Errorf("shown %q", got)
	}
}

// TestProgressIsSilentElsewhere: on pipes, and on terminals that cannot move
// the cursor.
func TestProgressIsSilentElsewhere(t *testing.T) {
	environment(t)
	var b strings.Builder
	p := NewProgress(&b)
	p.Show("round 1 of 5")
	p.Clear()
	if b.Len() > 0 {
		t.Errorf("a pipe got %q", b.String())
	}
	t.Setenv("TERM", "dumb")
	master, tty := terminal(t, 20, 5)
	p = NewProgress(tty)
	p.Show("round 1 of 5")
	p.Clear()
	if _, err := tty.WriteString("end"); err != nil {
		t.Fatal(err)
	}
	if got := until(t, master, "end"); got != "end" {
		t.Errorf("a dumb terminal got %q", got)
	}
}

func TestAwaitSpeaksToTerminalsAlone(t *testing.T) {
	environment(t)
	var b strings.Builder
	_, tty := terminal(t, 80, 5)
	if err := Await(tty, &b, "hosts"); err != nil || b.String() != "portreeve: reading hosts\n" {
		t.Errorf("a terminal: %q, %v", b.String(), err)
	}
	b.Reset()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if err := Await(read, &b, "hosts"); err != nil || b.Len() > 0 {
		t.Errorf("a pipe: %q, %v", b.String(), err)
	}
}
