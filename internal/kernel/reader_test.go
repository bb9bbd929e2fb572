package kernel

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

func TestOpenRefusesWhatDoesNotWork(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"a source that nobody knows", Options{Source: "ebpf"}, `unknown source "ebpf"`},
		{"no /proc where /proc is the source", Options{Source: Procfs, Proc: filepath.Join(t.TempDir(), "none")}, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open(tt.options)
			if err == nil {
				r.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want %q in it", err, tt.want)
			}
		})
	}
}

func TestMachine(t *testing.T) {
	r := open(t, Options{})
	m, err := r.Machine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		t.Fatal(err)
	}
	if m.Host != host || m.Kernel != unix.ByteSliceToString(kernel.Release[:]) || m.OS == "" {
		t.Errorf("%+v", m)
	}
	var up unix.Sysinfo_t
	if err := unix.Sysinfo(&up); err != nil {
		t.Fatal(err)
	}
	booted := time.Now().Add(-time.Duration(up.Uptime) * time.Second)
	if d := m.BootedAt.Sub(booted).Abs(); d > 5*time.Second {
		t.Errorf("booted at %v, by the uptime %v", m.BootedAt, booted)
	}
}

func TestAnEndedContextIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, source := range sources {
		r := open(t, Options{Source: source})
		if err := r.Listeners(ctx, new(port.Listening)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: listeners: %v", source, err)
		}
		req := port.ConnectionsRequest{Ports: []uint16{80}}
		if err := r.Connections(ctx, req, new(port.Connections)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: connections: %v", source, err)
		}
		if _, err := r.Machine(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: machine: %v", source, err)
		}
		// The answer after an abandoned one is whole.
		if err := r.Listeners(t.Context(), new(port.Listening)); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// TestMethodsRunBesideEachOther is for the race detector.
func TestMethodsRunBesideEachOther(t *testing.T) {
	const times = 20
	l := listen(t, "tcp4", "127.0.0.1:0")
	for _, source := range sources {
		r := open(t, Options{Source: source})
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			var into port.Listening
			for range times {
				if err := r.Listeners(ctx, &into); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			var into port.Connections
			req := port.ConnectionsRequest{Ports: []uint16{portOf(l)}, Clients: []uint16{portOf(l)}, Top: 5}
			for range times {
				if err := r.Connections(ctx, req, &into); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range times {
				if _, err := r.Machine(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		waiting := make(chan struct{})
		go func() {
			defer close(waiting)
			for ctx.Err() == nil {
				if _, err := r.Closures(ctx, nil); errors.Is(err, errors.ErrUnsupported) {
					return
				}
			}
		}()
		all.Wait()
		cancel()
		<-waiting
	}
}
