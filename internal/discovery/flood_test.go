package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestFlood: ten thousand packets a second, each of them hostile, for a while,
// grow no memory, and who asks in between and afterwards gets an answer.
func TestFlood(t *testing.T) {
	t.Parallel()
	const perSecond, seconds = 10_000, 3
	lan, us, them := newLan(t), newHost(t), newHost(t)
	lan.plug(us, "eth0", "192.0.2.1/24")
	lan.plug(them, "eth0", "192.0.2.2/24")
	us.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop", Services: []Service{hall(8443)}})
	found := us.browse("_portreeve._tcp")
	found.await("of hall", func(f Found) bool { return f.Instance == "hall" })

	var enemy conn
	them.do(func() error {
		i, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		enemy, err = machine{}.open(iface{index: i.Index, name: i.Name}, ipv4)
		return err
	})
	defer enemy.Close()
	before := heap()
	tick := time.NewTicker(time.Second / 100)
	defer tick.Stop()
	for i := range perSecond * seconds {
		if i%(perSecond/100) == 0 {
			<-tick.C
		}
		if err := enemy.send(hostile(i), netip.AddrPort{}); err != nil && !strings.Contains(err.Error(), "temporarily") {
			t.Fatal(err)
		}
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("the heap grew from %d to %d KiB", before>>10, after>>10)
	}
	again := them.browse("_portreeve._tcp")
	again.await("of hall", func(f Found) bool { return f.Port == 8443 })
}

// hostile returns a packet that tries to make us remember, answer or compute.
func hostile(i int) []byte {
	fake := hallType.under(fmt.Sprint("fake", i))
	switch i % 5 {
	case 0: // many names of services
		m := &message{response: true}
		for j := range 20 {
			m.answers = append(m.answers, pointer(hallType, fake.under(fmt.Sprint(j))), pointer(hallType, hallType.under(fmt.Sprint(i, j))))
		}
		return m.pack()
	case 1: // questions whose known answers never come
		return (&message{truncated: true, questions: []question{{name: hallType, typ: typePTR}}}).pack()
	case 2: // a large text
		return (&message{response: true, answers: []record{pointer(hallType, fake), {name: fake, typ: typeTXT, ttl: 1 << 30, data: strings.Repeat("\x01a", 600)}}}).pack()
	case 3: // as many names as fit, of one label each and all the rest by pointers
		const names = 140
		p := packet([4]uint16{names}, strings.Repeat("\x01a", 100)+"\x00\x00\xff\x00\x01")
		for range names - 1 {
			p = append(p, "\x01b\xc0\x0c\x00\xff\x00\x01"...)
		}
		return p
	}
	return (&message{questions: []question{{name: hallType, typ: typeANY, unicast: true}}, authority: []record{location(hallName, shop, 9)}}).pack()
}

// heap returns how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
