package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// fast are options for a loopback that answers at once.
func fast(port int, hosts ...string) FlappyOptions {
	return FlappyOptions{Port: fmt.Sprint(port), Hosts: hosts, Seconds: 0.1, Checks: 3, Timeout: time.Second}
}

// serveOn listens on an address and takes connections, limited to some when
// limit is not 0: then it closes. It returns the port.
func serveOn(t *testing.T, address string, limit int) int {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-ended })
	go func() {
		defer close(ended)
		for n := 0; limit == 0 || n < limit; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
		ln.Close()
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

// closedPort returns a port of an address on which nobody listens.
func closedPort(t *testing.T, address string) int {
	t.Helper()
	ln, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// TestFlappyAsksRealListeners: one that is well, one that goes away after the
// first round, one that is not there, one asked on a port of its own, and one
// of them twice.
func TestFlappyAsksRealListeners(t *testing.T) {
	well := serveOn(t, "127.0.0.1:0", 0)
	shy := serveOn(t, "127.0.0.2:0", 1)
	nobody := closedPort(t, "127.0.0.3")
	list := fmt.Sprintf("# hosts\r\n127.0.0.1\r\n\r\n127.0.0.2:%d # shy\r\n127.0.0.3:%d\r\n127.0.0.1\r\n", shy, nobody)
	var out, errs strings.Builder
	err := Flappy(t.Context(), fast(well), strings.NewReader(list), &out, &errs)
	want := fmt.Sprintf("service using port %d on host 127.0.0.1 is reporting ok\n", well) +
		fmt.Sprintf("service using port %d on host 127.0.0.2 is flappy\n", shy) +
		fmt.Sprintf("service using port %d on host 127.0.0.3 is DOWN\n", nobody) +
		fmt.Sprintf("service using port %d on host 127.0.0.1 is reporting ok\n", well)
	if out.String() != want || !errors.Is(err, Down) {
		t.Errorf("%s%v", out.String(), err)
	}
	if !strings.Contains(errs.String(), "4 hosts: 2 ok, 1 flappy (refused), 1 DOWN (refused); 3 checks of each in 200ms") {
		t.Errorf("said %s", errs.String())
	}
}

func TestFlappyJSONIsALineForEachHost(t *testing.T) {
	well := serveOn(t, "127.0.0.1:0", 0)
	o := fast(well, "127.0.0.1", fmt.Sprintf("127.0.0.3:%d", closedPort(t, "127.0.0.3")))
	o.JSON, o.Checks = true, 2
	var out strings.Builder
	if err := Flappy(t.Context(), o, nil, &out, io.Discard); !errors.Is(err, Down) {
		t.Errorf("Flappy = %v", err)
	}
	var grades []string
	for line := range strings.Lines(out.String()) {
		var item struct {
			Host, Grade, Reason string
			Passed, Failed      int
			Last                struct{ Check, Observer string }
		}
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		grades = append(grades, item.Grade+item.Reason)
		if item.Passed+item.Failed != 2 || !strings.HasPrefix(item.Last.Check, "tcp://"+item.Host) || item.Last.Observer == "" {
			t.Errorf("%s", line)
		}
	}
	if fmt.Sprint(grades) != "[ok downrefused]" {
		t.Errorf("grades %v", grades)
	}
}

// TestFlappySaysWhatItCanWhenItIsEnded before all rounds were asked.
func TestFlappySaysWhatItCanWhenItIsEnded(t *testing.T) {
	well := serveOn(t, "127.0.0.1:0", 0)
	ctx, cancel := context.WithCancel(t.Context())
	o := fast(serveOn(t, "127.0.0.2:0", 0), "127.0.0.2", fmt.Sprintf("127.0.0.1:%d", well))
	o.Checks = 1000
	ln, err := net.Listen("tcp", "127.0.0.4:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	o.Hosts = append(o.Hosts, ln.Addr().String())
	go func() { // the second round is under way when the last host is asked again
		for range 2 {
			if c, err := ln.Accept(); err == nil {
				c.Close()
			}
		}
		cancel()
	}()
	var out, errs strings.Builder
	if err := Flappy(ctx, o, nil, &out, &errs); !errors.Is(err, Interrupted) {
		t.Errorf("Flappy = %v", err)
	}
	if strings.Count(out.String(), " is reporting ok\n") != 3 {
		t.Errorf("printed %s", out.String())
	}
	if !strings.Contains(errs.String(), "portreeve: interrupted after ") || !strings.Contains(errs.String(), " of 1000; 3 hosts: 3 ok") {
		t.Errorf("said %s", errs.String())
	}
}

// TestAListThatNeverComesCanBeInterrupted.
func TestAListThatNeverComesCanBeInterrupted(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Flappy(ctx, fast(80, "-"), read, io.Discard, io.Discard); !errors.Is(err, Interrupted) {
		t.Errorf("Flappy = %v", err)
	}
}

func TestFlappyRefusesWhatIsWrong(t *testing.T) {
	with := func(change func(*FlappyOptions)) FlappyOptions {
		o := fast(80, "db1")
		change(&o)
		return o
	}
	tests := []struct {
		name    string
		options FlappyOptions
		want    string
	}{
		{"a port that is none", with(func(o *FlappyOptions) { o.Port = "db1" }), `"db1" is no port`},
		{"no time between rounds", with(func(o *FlappyOptions) { o.Seconds = 0 }), "--seconds 0 is out of range"},
		{"less than none", with(func(o *FlappyOptions) { o.Seconds = -1 }), "--seconds -1 is out of range"},
		{"too much", with(func(o *FlappyOptions) { o.Seconds = 1e9 }), "--seconds 1e+09 is out of range"},
		{"no rounds", with(func(o *FlappyOptions) { o.Checks = 0 }), "--checks 0 is out of range"},
		{"too many", with(func(o *FlappyOptions) { o.Checks = 1_000_000 }), "--checks 1000000 is out of range"},
		{"no time to answer", with(func(o *FlappyOptions) { o.Timeout = 0 }), "--timeout 0s is out of range"},
		{"too much of it", with(func(o *FlappyOptions) { o.Timeout = time.Hour }), "--timeout 1h0m0s is out of range"},
		{"an unknown mode", with(func(o *FlappyOptions) { o.Mode = "acept" }), `unknown mode "acept"`},
		{"hosts that are none", with(func(o *FlappyOptions) { o.Hosts = []string{"db1", "a b", "c:d"} }), "host \"a b\" has ' ' in it\nhost \"c:d\" needs a port from 1 to 65535"},
		{"no hosts", with(func(o *FlappyOptions) { o.Hosts = []string{"-"} }), "there are no hosts to check"},
		{"- among hosts", with(func(o *FlappyOptions) { o.Hosts = []string{"db1", "-", ""} }), "host \"-\" begins with a dash\nhost \"\" is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := Flappy(t.Context(), tt.options, strings.NewReader("# none\n"), &out, io.Discard)
			if !usageWithHint(err) || err.Error() != tt.want || out.Len() > 0 {
				t.Errorf("Flappy = %v, printed %q, want the usage error %q", err, out.String(), tt.want)
			}
		})
	}
}
