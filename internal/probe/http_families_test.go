package probe

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// TestHTTPFamilies asks a name with an address of each family.
func TestHTTPFamilies(t *testing.T) {
	good, bad := says(page(200, "", "")), says(page(500, "", ""))
	ln4, ln6 := listenBoth(t)
	_, port, _ := net.SplitHostPort(ln4.Addr().String())
	serveOn(t, ln4, good)
	var errs atomic.Bool
	serveOn(t, ln6, func(conn net.Conn) {
		if errs.Load() {
			bad(conn)
		} else {
			good(conn)
		}
	})
	network := reach.New(reach.Options{DialResolver: loopbackNames})
	probes := map[health.Family]health.Probe{}
	for _, family := range []health.Family{health.FamilyAuto, health.FamilyBoth, health.FamilyIPv4, health.FamilyIPv6} {
		probe, wrong := New(&health.Spec{Name: "x", Target: "http://both.example:" + port + "/", Family: family}, Env{Net: network})
		if wrong != nil {
			t.Fatal(wrong)
		}
		probes[family] = probe
	}
	expect := func(what string, family health.Family, verdict health.Verdict, reason health.Reason, text string) {
		t.Helper()
		r := probes[family](t.Context())
		mustBe(t, what+", "+string(family), r, verdict, reason)
		if !strings.HasPrefix(string(r.Text), text) {
			t.Errorf("%s, %s: %s, want %s…", what, family, r.Text, text)
		}
	}
	for family := range probes {
		expect("all well", family, health.Pass, "", "")
	}
	errs.Store(true)
	expect("one errs", health.FamilyIPv4, health.Pass, "", "")
	expect("one errs", health.FamilyIPv6, health.Fail, health.HTTPStatus, "status 500")
	expect("one errs", health.FamilyBoth, health.Fail, health.HTTPStatus, "ipv6: status 500")
	ln6.Close()
	expect("one is gone", health.FamilyIPv4, health.Pass, "", "")
	expect("one is gone", health.FamilyIPv6, health.Fail, health.Refused, "[::1]:"+port)
	expect("one is gone", health.FamilyBoth, health.Fail, health.Refused, "ipv6: [::1]:"+port)
	expect("one is gone", health.FamilyAuto, health.Warn, health.FamilyDead, "[::1]:"+port)
}

// listenBoth listens on the same port of both loopback addresses.
func listenBoth(t *testing.T) (ln4, ln6 net.Listener) {
	t.Helper()
	for range 50 {
		ln4, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(ln4.Addr().String())
		ln6, err := net.Listen("tcp", "[::1]:"+port)
		if err == nil {
			return ln4, ln6
		}
		ln4.Close() // somebody has it there
	}
	t.Fatal("no port is free on both 127.0.0.1 and ::1")
	return nil, nil
}

// loopbackNames is a name server that knows every name, as 127.0.0.1 and ::1.
func loopbackNames(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer ours.Close()
		for {
			var size [2]byte
			if _, err := io.ReadFull(ours, size[:]); err != nil {
				return
			}
			question := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(ours, question); err != nil {
				return
			}
			answer := answerDNS(question)
			if _, err := ours.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
				return
			}
		}
	}()
	return theirs, nil
}

// answerDNS answers one message (RFC 1035).
func answerDNS(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil {
		return nil
	}
	m.Response, m.Additionals = true, nil
	for _, q := range m.Questions {
		head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
		switch q.Type {
		case dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}})
		case dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: [16]byte{15: 1}}})
		}
	}
	answer, _ := m.Pack()
	return answer
}
