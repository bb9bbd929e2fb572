package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A town is a house that apps sign up at, with everything in it that there is in
// one that serves.
type town struct {
	*house
	file    string         // of the configuration
	hangups chan os.Signal // has it taken in while the town lives
	alive   *atomic.Bool
}

// found builds a town over a directory, as a start does, with a configuration.
func found(t testing.TB, dir, text string) town {
	t.Helper()
	return foundWith(t, dir, text, quiet)
}

func foundWith(t testing.TB, dir, text string, log *slog.Logger) town {
	t.Helper()
	v := town{file: filepath.Join(dir, "portreeve.yaml"), hangups: make(chan os.Signal), alive: &atomic.Bool{}}
	v.write(t, text)
	load := func() (*config.Config, error) {
		return config.Load(config.Sources{
			Flags: map[string][]string{"listen": {"127.0.0.1:0"}, "database": {"sqlite:" + filepath.Join(dir, "portreeve.db")}}, File: v.file, Check: fieldChecker(), Alert: checkAlert,
		})
	}
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if v.house, err = build(t.Context(), Config{Config: c, Reload: load, Hangups: v.hangups, Version: "test"}, log); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v town) write(t testing.TB, text string) {
	t.Helper()
	if err := os.WriteFile(v.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reconfigure has another configuration taken in, as SIGHUP does.
func (v town) reconfigure(t testing.TB, text string) {
	t.Helper()
	v.write(t, text)
	if v.alive.Load() {
		v.hangups <- syscall.SIGHUP
		v.hangups <- syscall.SIGHUP // taken when the first has been
	} else {
		v.reloads.reload()
	}
	if err := v.reloads.Err(); err != nil {
		t.Error(err)
	}
}

// live runs the town until the function that it returns is called, which leaves
// it closed.
func (v town) live(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	v.alive.Store(true)
	go func() { done <- v.house.live(ctx) }()
	stop = func() {
		if !v.alive.CompareAndSwap(true, false) {
			return
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		v.close()
	}
	t.Cleanup(stop)
	return stop
}

func (v town) register(t testing.TB, by registration.Caller, q registration.Request) registration.Receipt {
	t.Helper()
	receipt, err := v.registry.Register(t.Context(), by, q)
	if err != nil {
		t.Fatalf("%s: %v", q.Name, err)
	}
	return receipt
}

// await waits until what is believed of a check is as it should be.
func (v town) await(t testing.TB, name, what string, is func(*health.State) bool) *health.State {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		st := v.board.View().FindCheck(name)
		if is(st) {
			return st
		}
		if time.Now().After(end) {
			t.Fatalf("%s is never %s: %+v", name, what, st)
		}
	}
}

// at is a caller of an address.
func at(text string) registration.Caller { return registration.Caller{Addr: netip.MustParseAddr(text)} }

// crowd signs up n checks of apps, 64 at each address of 127.0.0.0/8 or another
// network: half of them ask pages, with two expectations in all.
func (v town) crowd(t testing.TB, n int, net string) {
	t.Helper()
	for i := range n {
		q := registration.Request{Name: fmt.Sprintf("app-%d", i), Target: fmt.Sprintf("tcp://:%d", 1+i%64), Interval: health.Duration(300 * time.Second)}
		if i%2 == 0 {
			q.Target, q.Expect = fmt.Sprintf("http://:%d/health", 1+i%64), fmt.Sprintf(`status == 200 and json.status != "%d"`, i%4)
		}
		v.register(t, at(fmt.Sprintf("%s.%d.%d", net, i/64/250, 1+i/64%250)), q)
	}
}
