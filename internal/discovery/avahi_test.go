package discovery

import (
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// Avahi finds what we announce, with its address and text, and hears when it goes.
func TestAvahiFindsUs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		us, them    []string
		seen, never []string
	}{
		{"IPv4", []string{"192.0.2.1/24"}, []string{"192.0.2.2/24"},
			[]string{";IPv4;hall;_portreeve._tcp;local;shop.local;192.0.2.1;8443;"}, []string{";IPv6;"}},
		{"IPv6", []string{"fd00::1/64"}, []string{"fd00::2/64"},
			[]string{";IPv6;hall;_portreeve._tcp;local;shop.local;fd00::1;8443;"}, []string{";IPv4;"}},
		{"dual", []string{"192.0.2.1/24", "fd00::1/64"}, []string{"192.0.2.2/24", "fd00::2/64"},
			[]string{";IPv4;hall;_portreeve._tcp;local;shop.local;", ";IPv6;hall;_portreeve._tcp;local;shop.local;"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lan, us, them := newLan(t), newHost(t), newHost(t)
			lan.plug(us, "eth0", tt.us...)
			lan.plug(them, "eth0", tt.them...)
			stop := us.respond(&Responder{
				Options:  Options{Log: testLog(t)},
				Host:     "shop",
				Services: []Service{{Instance: "hall", Type: "_portreeve._tcp", Port: 8443, Text: map[string]string{"version": "1.2", "tls": "1"}}},
			})
			browsed := them.avahi("other").browse("_portreeve._tcp")
			for _, want := range tt.seen {
				browsed.await("=;eth0"+want, `"version=1.2"`, `"tls=1"`)
			}
			stop()
			browsed.await("-;eth0", ";hall;")
			for _, line := range browsed.all() {
				if len(tt.never) > 0 && containsAll(line, tt.never) {
					t.Errorf("avahi-browse said %s", line)
				}
			}
		})
	}
}

// We find what Avahi announces, whatever its name is, and hear when it goes.
func TestWeFindAvahis(t *testing.T) {
	t.Parallel()
	const instance = `Mr. Smith's \ größe`
	lan, us, them := newLan(t), newHost(t), newHost(t)
	lan.plug(us, "eth0", "192.0.2.1/24", "fd00::1/64")
	lan.plug(them, "eth0", "192.0.2.2/24", "fd00::2/64")
	found := us.browse("_http._tcp")
	stop := them.avahi("other").publish(instance, "_http._tcp", "8080", "path=/", "Version=7", "flag")
	f := found.await("of the service", func(f Found) bool { return len(f.Addrs) == 2 })
	want := Found{Instance: instance, Type: "_http._tcp", Host: "other.local", Port: 8080, Interface: "eth0",
		Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("fd00::2")},
		Text:  map[string]string{"path": "/", "version": "7", "flag": ""}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("found %+v\nwant  %+v", f, want)
	}
	stop()
	found.await("that it is gone", func(f Found) bool { return f.Gone && f.Instance == instance })
}

// A name that Avahi has is left to it.
func TestAvahiKeepsItsNames(t *testing.T) {
	t.Parallel()
	lan, us, them := newLan(t), newHost(t), newHost(t)
	lan.plug(us, "eth0", "192.0.2.1/24")
	lan.plug(them, "eth0", "192.0.2.2/24")
	avahi := them.avahi("shop")
	avahi.publish("hall", "_http._tcp", "8080")
	us.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop",
		Services: []Service{{Instance: "hall", Type: "_http._tcp", Port: 9090}}})
	browsed := avahi.browse("_http._tcp")
	browsed.await("=;", `;hall\032\0402\041;_http._tcp;local;shop-2.local;192.0.2.1;9090;`)
	browsed.await("=;", `;hall;_http._tcp;local;shop.local;192.0.2.2;8080;`)
}

// Two networks, on each of which somebody has the names, become one: then one of
// the two takes others (RFC 6762, 9).
func TestConflictThatComesLater(t *testing.T) {
	t.Parallel()
	lan, us, them := newLan(t), newHost(t), newHost(t)
	lan.plug(us, "eth0", "192.0.2.1/24")
	lan.plug(them, "eth0", "192.0.2.2/24")
	lan.ip("link set port2 nomaster")
	avahi := them.avahi("shop")
	avahi.publish("hall", "_http._tcp", "8080")
	us.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop",
		Services: []Service{{Instance: "hall", Type: "_http._tcp", Port: 9090}}})
	own := us.browse("_http._tcp")
	own.await("of our own service", func(f Found) bool { return f.Port == 9090 && f.Instance == "hall" })

	lan.ip("link set port2 master br0")
	var all string
	await(t, func() bool {
		all = avahi.look("_http._tcp")
		renamed := strings.Contains(all, `;hall\032\0352;`) != strings.Contains(all, `;hall\032\0402\041;`) // Avahi counts so, we so
		return renamed && strings.Contains(all, "192.0.2.1;9090;") && strings.Contains(all, "192.0.2.2;8080;") &&
			strings.Contains(all, `;hall;`) && strings.Contains(all, `;shop.local;`) && strings.Contains(all, ";shop-2.local;")
	}, func() string { return "avahi-browse said\n" + all })
}

// Avahi and we share a machine, its name and its port: neither disturbs the
// other, not even when one leaves.
func TestBesideAvahi(t *testing.T) {
	t.Parallel()
	lan, here, there := newLan(t), newHost(t), newHost(t)
	lan.plug(here, "eth0", "192.0.2.1/24", "fd00::1/64")
	lan.plug(there, "eth0", "192.0.2.2/24", "fd00::2/64")
	avahi := here.avahi("shop")
	avahi.publish("theirs", "_http._tcp", "8080")
	stop := here.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop",
		Services: []Service{{Instance: "ours", Type: "_http._tcp", Port: 9090}}})
	found, beside := there.browse("_http._tcp"), avahi.browse("_http._tcp")
	for _, s := range []string{"theirs", "ours"} {
		found.await("of "+s, func(f Found) bool { return f.Instance == s && f.Host == "shop.local" && len(f.Addrs) == 2 })
		beside.await("=;eth0;IPv4;" + s + ";_http._tcp;local;shop.local;")
	}
	stop()
	found.await("that ours is gone", func(f Found) bool { return f.Instance == "ours" && f.Gone })
	again := there.browse("_http._tcp")
	again.await("of theirs", func(f Found) bool { return f.Instance == "theirs" && len(f.Addrs) == 2 })
	for _, f := range append(found.list(), again.list()...) {
		if f.Instance == "theirs" && f.Gone || strings.Contains(f.Host, "2") || strings.Contains(f.Instance, "2") {
			t.Errorf("told %+v", f)
		}
	}
	for _, line := range avahi.log.all() {
		if strings.Contains(line, "conflict") {
			t.Errorf("Avahi says %s", line)
		}
	}
}

func testLog(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
