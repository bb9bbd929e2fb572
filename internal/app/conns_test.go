package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestParsePort(t *testing.T) {
	tests := []struct {
		word string
		want uint16 // 0: wrong
	}{
		{"8500", 8500}, {":8500", 8500}, {"8500/tcp", 8500}, {"1", 1}, {"65535", 65535},
		{"", 0}, {"0", 0}, {"65536", 0}, {"-1", 0}, {"abc", 0}, {"8500/udp", 0}, {"80 ", 0}, {"0x50", 0}, {"+80", 0},
	}
	for _, tt := range tests {
		got, err := ParsePort(tt.word)
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("ParsePort(%q) = %d, %v, want %d", tt.word, got, err, tt.want)
		}
		if err != nil && !usageWithHint(err) {
			t.Errorf("ParsePort(%q): %v is no UsageError with a hint", tt.word, err)
		}
	}
}

func TestAnUnknownGroupingIsAUsageError(t *testing.T) {
	err := Conns(t.Context(), ConnsOptions{By: "clint"}, &bytes.Buffer{}, &bytes.Buffer{})
	if !usageWithHint(err) || !strings.Contains(err.Error(), "clint") {
		t.Errorf("Conns = %v", err)
	}
}

// TestConnsTellTheSameByEveryGrouping, of a real listener with clients from
// three addresses.
func TestConnsTellTheSameByEveryGrouping(t *testing.T) {
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	number := ln.Addr().(*net.TCPAddr).Port
	for client, n := range map[string]int{"127.0.0.2": 3, "127.0.0.3": 2, "127.0.0.4": 1} {
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}}
		for range n {
			c, err := from.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", number))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			accepted, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer accepted.Close()
		}
	}
	var byPort []struct {
		Total   struct{ Established int }
		Clients struct{ Distinct int }
	}
	printed(t, number, "port", &byPort)
	if len(byPort) != 1 || byPort[0].Total.Established != 6 || byPort[0].Clients.Distinct != 3 {
		t.Errorf("by port: %+v, want 6 established of 3 clients", byPort)
	}
	var byClient []struct {
		Client      string
		Connections int
	}
	printed(t, number, "client", &byClient)
	if got := fmt.Sprint(byClient); got != "[{127.0.0.2 3} {127.0.0.3 2} {127.0.0.4 1}]" {
		t.Errorf("by client: %s", got)
	}
	var byState []struct {
		Family, State string
		Connections   int
	}
	printed(t, number, "state", &byState)
	if got := fmt.Sprint(byState); got != "[{ipv4 established 6} {ipv4 unaccepted 0} {ipv6 established 0} {ipv6 unaccepted 0}]" {
		t.Errorf("by state: %s", got)
	}
	var byProcess []struct {
		Process string
		Ports   []int
		Total   struct{ Established int }
	}
	printed(t, number, "process", &byProcess)
	if got, want := fmt.Sprint(byProcess), fmt.Sprintf("[{app.test [%d] {6}}]", number); got != want {
		t.Errorf("by process: %s, want %s", got, want)
	}
}

// report reads the items of `conns NUMBER --by WHAT --json`.
func printed(t *testing.T, number int, by string, items any) {
	t.Helper()
	var out, errs bytes.Buffer
	if err := Conns(t.Context(), ConnsOptions{Port: fmt.Sprint(number), By: by, JSON: true}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &struct{ Items any }{items}); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
}
