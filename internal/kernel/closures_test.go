package kernel

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

func TestClosuresTellOfAClosedListener(t *testing.T) {
	enterNetNS(t)
	kept := listen(t, "tcp", ":80")
	r := open(t, Options{})
	for range 1000 {
		c := dial(t, "127.0.0.1", "127.0.0.1", 80)
		accept(t, kept).Close()
		c.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	fastest := time.Hour
	for range 5 { // a busy machine may delay one
		listen(t, "tcp", ":81").Close()
		closed := time.Now()
		got, err := r.Closures(ctx, nil)
		if err != nil || !slices.Equal(got, []port.Closure{{Proto: port.TCP, Port: 81}}) {
			t.Fatalf("got %+v, %v: want port 81 and none of the connections", got, err)
		}
		fastest = min(fastest, time.Since(closed))
	}
	if fastest > 100*time.Millisecond {
		t.Errorf("told after %v at best", fastest)
	}
}

// TestClosuresKnowWhatWasShown has sockets come and go between two looks:
// nobody has seen them, so their end is no news.
func TestClosuresKnowWhatWasShown(t *testing.T) {
	enterNetNS(t)
	r := open(t, Options{})
	seen := listen(t, "tcp", ":80")
	inode := listening(t, r)[0].Bind.Inode
	listen(t, "tcp", ":81").Close()
	client, err := net.ListenPacket("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	seen.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := r.Closures(ctx, nil)
	if err != nil || !slices.Equal(got, []port.Closure{{Proto: port.TCP, Port: 80, Inode: inode}}) {
		t.Errorf("got %+v, %v: want the one with inode %d", got, err, inode)
	}
}

func TestClosuresEnd(t *testing.T) {
	r := open(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := r.Closures(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("when the context ended: %v", err)
	}
	r.Close()
	if _, err := r.Closures(t.Context(), nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestClosuresNeedNetlink(t *testing.T) {
	r := open(t, Options{Source: Procfs})
	if _, err := r.Closures(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
