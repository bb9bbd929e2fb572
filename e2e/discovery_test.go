package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/debian"
)

// A link is a switch with machines on it.
type link struct {
	t  testing.TB
	in *netns
	n  int
}

func newLink(t testing.TB) *link {
	t.Helper()
	l := &link{t: t, in: newNetns(t)}
	l.in.set("ipv6/conf/all/disable_ipv6", "1")
	l.in.ip("link add br0 type bridge", "link set br0 up")
	return l
}

// machine puts one on the link, with addresses. Without one of IPv6 it has no IPv6
// at all.
func (l *link) machine(addrs ...string) *netns {
	l.t.Helper()
	m := newNetns(l.t)
	l.n++
	port := fmt.Sprintf("port%d", l.n)
	m.ip("link add eth0 type veth peer name " + port)
	six := slices.ContainsFunc(addrs, func(a string) bool { return netip.MustParsePrefix(a).Addr().Is6() })
	if six {
		m.set("ipv6/conf/eth0/accept_dad", "0")
	} else {
		m.set("ipv6/conf/eth0/disable_ipv6", "1")
	}
	m.ip(fmt.Sprintf("link set %s netns /proc/%d/fd/%d", port, os.Getpid(), l.in.file.Fd()), "link set eth0 up")
	l.in.ip("link set "+port+" master br0", "link set "+port+" up")
	for _, a := range addrs {
		m.ip("addr add " + a + " dev eth0")
	}
	return m
}

// announce starts a server on a machine that tells the link of itself, with more
// words on registration and other lines.
func (n *netns) announce(listen, registration, lines string) *program {
	n.t.Helper()
	file := write(n.t, "portreeve.yaml", fmt.Sprintf("listen: \"%s\"\ndatabase: 'memory:'\nregistration: {enabled: true, announce: true, %s}\n%s", listen, registration, lines))
	var p *program
	n.do(func() error {
		p = start(n.t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", file)
		return nil
	})
	p.line()
	return p
}

// A radio is an Avahi on a machine.
type radio struct {
	on  *netns
	bus string
}

// radio starts Avahi on the machine, which calls itself by a name.
func (n *netns) radio(name string) *radio {
	n.t.Helper()
	dir := n.t.TempDir()
	r := &radio{n, filepath.Join(dir, "bus")}
	bus := write(n.t, "bus.conf", `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=`+r.bus+`</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`)
	conf := write(n.t, "avahi.conf", "[server]\nhost-name="+name+"\nuse-ipv4=yes\nuse-ipv6=yes\nenable-dbus=yes\n[publish]\npublish-hinfo=no\npublish-workstation=no\n")
	etc := map[string]string{}
	for file, entry := range map[string]string{"/etc/passwd": "avahi:x:102:109::/:/usr/sbin/nologin\n", "/etc/group": "avahi:x:109:\n"} { // Avahi looks for its user even if it stays root
		if text := string(bytesOf(n.t, file)); !strings.Contains(text, "avahi:") {
			etc[file] = write(n.t, filepath.Base(file), text+entry)
		}
	}
	var daemon *program
	n.do(func() error {
		if err := overlay(etc); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
			return err
		}
		if err := os.MkdirAll("/run/avahi-daemon", 0o755); err != nil {
			return err
		}
		start(n.t, nil, debian.Path(n.t, "dbus-daemon"), "--config-file="+bus, "--nofork", "--nopidfile", "--print-address").line()
		daemon = start(n.t, r.speaks, debian.Path(n.t, "avahi-daemon"), "--file="+conf, "--no-drop-root", "--no-chroot", "--no-rlimits", "--debug")
		return nil
	})
	eventually(n.t, 30*time.Second, func() string { return missing(daemon.stderr.String(), "Server startup complete") })
	return r
}

func (r *radio) speaks(cmd *exec.Cmd) {
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS=unix:path="+r.bus)
}

// browse returns what Avahi knows of a type of service by now, a line for each
// family.
func (r *radio) browse(service string) string {
	r.on.t.Helper()
	var out []byte
	path := debian.Path(r.on.t, "avahi-browse")
	r.on.do(func() (err error) {
		cmd := exec.Command(path, "--resolve", "--parsable", "--no-db-lookup", "--terminate", service)
		r.speaks(cmd)
		out, err = cmd.Output()
		return err
	})
	return string(out)
}

// sees waits until Avahi has resolved a service with all these words in one line.
func (r *radio) sees(service string, words ...string) {
	r.on.t.Helper()
	eventually(r.on.t, 40*time.Second, func() string {
		all := r.browse(service)
		for line := range strings.Lines(all) {
			if strings.HasPrefix(line, "=;") && missing(line, words...) == "" {
				return ""
			}
		}
		return fmt.Sprintf("%s: no line with %q in\n%s", service, words, all)
	})
}

// machineName is what servers call this machine.
func machineName(t testing.TB) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// portreeve runs a command on the machine, with a home of its own and these
// variables alone.
func (n *netns) portreeve(env []string, args ...string) (out, errs string, code int) {
	n.t.Helper()
	home := n.t.TempDir()
	n.do(func() error {
		out, errs, code = run(n.t, func(cmd *exec.Cmd) { cmd.Env = append([]string{"HOME=" + home}, env...) }, args...)
		return nil
	})
	return out, errs, code
}

// signs has the machine find a server and sign a port of its own up there, and
// returns where.
func (n *netns) signs(name string, env ...string) (server string) {
	n.t.Helper()
	out, errs, code := n.portreeve(env, "register", name, "tcp://:7", "--interval", "5s", "--json")
	var answer struct{ Server string }
	if err := json.Unmarshal([]byte(out), &answer); code != 0 || err != nil {
		n.t.Fatalf("register %s: exit %d %v\n%s%s", name, code, err, out, errs)
	}
	return answer.Server
}

// TestAvahiSeesTheServer: what the server announces is found by Avahi, with its
// version and by both families, and gone when it stops.
func TestAvahiSeesTheServer(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	server, device := l.machine("10.7.0.1/24", "fd07::1/64"), l.machine("10.7.0.2/24", "fd07::2/64")
	p := server.announce("[::]:9860", "compat: true, allow: [10.7.0.0/24, 'fd07::/64']", "")
	version, _, _ := run(t, nil, "version")
	version = strings.Fields(version)[1]
	radio, name := device.radio("other"), machineName(t)
	radio.sees("_portreeve._tcp", ";IPv4;"+name+";", ";"+name+".local;10.7.0.1;9860;", `"version=`+version+`"`, `"tls=0"`, `"path=/api/v1"`)
	radio.sees("_portreeve._tcp", ";IPv6;"+name+";", ";"+name+".local;")
	radio.sees("_http._tcp", ";IPv4;_healthchecker;", ";10.7.0.1;9860;", `"version=`+version+`"`)
	p.stop()
	eventually(t, 20*time.Second, func() string {
		if all := radio.browse("_portreeve._tcp") + radio.browse("_http._tcp"); all != "" {
			return "the server has stopped, and Avahi still knows\n" + all
		}
		return ""
	})
}

// TestTwoServersOnOneLink: of two servers with one name the second takes another,
// by which it is found and can be called, too.
func TestTwoServersOnOneLink(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	one, two, device := l.machine("10.7.0.1/24"), l.machine("10.7.0.3/24"), l.machine("10.7.0.2/24")
	const words = "compat: true, allow: [10.7.0.0/24]"
	radio, name := device.radio("other"), machineName(t)
	first := one.announce("0.0.0.0:9860", words, "")
	radio.sees("_portreeve._tcp", ";"+name+";", ";"+name+".local;10.7.0.1;9860;")
	second := two.announce("0.0.0.0:9860", words, "")
	radio.sees("_portreeve._tcp", ";"+name+`\032\0402\041;`, ";"+name+"-2.local;10.7.0.3;9860;")
	radio.sees("_http._tcp", `;_healthchecker\032\0402\041;`, ";10.7.0.3;9860;")
	radio.sees("_http._tcp", ";_healthchecker;", ";10.7.0.1;9860;")

	if at := device.signs("a"); at != "http://10.7.0.1:9860" {
		t.Errorf("signed up at %s, want the first", at)
	}
	for address, host := range map[string]string{"10.7.0.1:9860": name, "10.7.0.3:9860": name + "-2"} {
		resp, body := device.say(address, fmt.Sprintf("GET /healthchecker/status HTTP/1.1\r\nHost: %s.local:9860\r\n\r\n", host))
		if resp.StatusCode != 200 {
			t.Errorf("called %s.local: %d %s", host, resp.StatusCode, body)
		}
	}
	first.stop()
	if at := device.signs("b"); at != "http://10.7.0.3:9860" {
		t.Errorf("signed up at %s, want the second", at)
	}
	second.stop()
	if _, errs, code := device.portreeve(nil, "register", "c", "tcp://:7"); code == 0 || !strings.Contains(errs, "no server") {
		t.Errorf("without a server: exit %d\n%s", code, errs)
	}
}

// TestTheServerMoves: an app signs up again where the server is now, whether the
// same process has another address or another process another machine.
func TestTheServerMoves(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	one, two, device := l.machine("10.7.0.1/24"), l.machine("10.7.0.3/24"), l.machine("10.7.0.2/24")
	const words = "compat: true, allow: [10.7.0.0/24]"
	first := one.announce("0.0.0.0:9860", words, "")
	var app *program
	device.do(func() error {
		app = start(t, func(cmd *exec.Cmd) { cmd.Env = []string{"HOME=" + cmd.Dir} }, filepath.Join(bin, "example"), "-listen", ":3000")
		return nil
	})
	watched := func(on *netns, address string) {
		t.Helper()
		eventually(t, 60*time.Second, func() string {
			resp, err := on.client().Get("http://" + address + "/api/v1/checks/shop")
			if err != nil {
				return err.Error()
			}
			defer resp.Body.Close()
			var all struct{ Items []checkState }
			if err := json.NewDecoder(resp.Body).Decode(&all); err != nil || len(all.Items) != 1 || all.Items[0].Status != "HEALTHY" {
				return fmt.Sprintf("at %s it is %+v (%v)\n%s\n%s", address, all, err, app.stderr, first.stderr)
			}
			return ""
		})
	}
	watched(one, "10.7.0.1:9860")

	one.ip("addr add 10.7.0.9/24 dev eth0", "addr del 10.7.0.1/24 dev eth0", "addr replace 10.7.0.9/24 dev eth0")
	eventually(t, 60*time.Second, func() string { return missing(app.stderr.String(), "server=http://10.7.0.9:9860") })

	first.stop()
	two.announce("0.0.0.0:9860", words, "") // which knows of nothing
	watched(two, "10.7.0.3:9860")
}

// TestOnIPv6Alone: a server and its apps that have no IPv4.
func TestOnIPv6Alone(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	server, device := l.machine("fd07::1/64"), l.machine("fd07::2/64")
	p := server.announce("[::]:9860", "compat: true, allow: ['fd07::/64']", "")
	if at := device.signs("door"); at != "http://[fd07::1]:9860" {
		t.Errorf("signed up at %s", at)
	}
	eventually(t, 20*time.Second, func() string { return missing(p.stderr.String(), "check=door", "[fd07::2]:7") })
}

// TestOnALinkAlone: machines that have nothing but link-local addresses find each
// other. No check may ask such an address, and the server says so; heartbeats work.
func TestOnALinkAlone(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	server, device := l.machine("fe80::1/64"), l.machine("fe80::2/64")
	p := server.announce("[::]:9860", "compat: true, allow: ['fe80::/10']", "")
	if _, errs, code := device.portreeve(nil, "register", "door", "tcp://:7"); code == 0 || !strings.Contains(errs, "a link-local address, which no check may ask") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	out, errs, code := device.portreeve(nil, "register", "job", "push://job", "--period", "1h", "--json")
	if code != 0 || !strings.Contains(out, "http://[fe80::1%25eth0]:9860") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	eventually(t, 20*time.Second, func() string { return missing(p.stderr.String(), "check=job") })
}

// TestWhateverTheMachineIsCalled: a server on a machine whose name the network
// cannot have is announced by another.
func TestWhateverTheMachineIsCalled(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	device := l.machine("10.7.0.2/24")
	radio, long := device.radio("other"), strings.Repeat("n", 64) // as long as Linux lets it be
	for i, m := range []struct{ called, instance, host string }{
		{long, long[:63], long[:63]}, {"My_Box", "My_Box", "My-Box"}, {"___", "___", "portreeve"},
	} {
		address := fmt.Sprintf("10.7.0.%d", 10+i)
		server := l.machine(address + "/24")
		file := write(t, "portreeve.yaml", "listen: 0.0.0.0:9860\ndatabase: 'memory:'\nregistration: {enabled: true, announce: true, compat: true, allow: [10.7.0.0/24]}\n")
		server.do(func() error {
			if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
				return err
			}
			if err := unix.Sethostname([]byte(m.called)); err != nil {
				return err
			}
			start(t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", file).line()
			return nil
		})
		radio.sees("_portreeve._tcp", ";"+m.instance+";", ";"+m.host+".local;"+address+";9860;")
		if resp, body := device.say(address+":9860", "GET /healthchecker/status HTTP/1.1\r\nHost: "+m.host+".local:9860\r\n\r\n"); resp.StatusCode != 200 {
			t.Errorf("called %s: %d %s", m.host, resp.StatusCode, body)
		}
	}
}

// certify writes a certificate for a name and an address, and its key.
func certify(t *testing.T, name, address string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public})))
	key = write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

// TestAnnouncedWithTLS: a server with a certificate says so, and is believed by
// those who trust who signed it, from elsewhere with a token.
func TestAnnouncedWithTLS(t *testing.T) {
	t.Parallel()
	l := newLink(t)
	server, device, elsewhere := l.machine("10.7.0.1/24"), l.machine("10.7.0.2/24"), l.machine("10.7.0.200/24")
	name := machineName(t)
	cert, key := certify(t, name+".local", "10.7.0.1")
	tokens := filepath.Join(t.TempDir(), "tokens")
	token, errs, code := run(t, nil, "token", "add", "ci", "--scope", "register", "--file", tokens)
	if code != 0 {
		t.Fatal(errs)
	}
	p := server.announce("10.7.0.1:9860", "allow: [10.7.0.0/28]", fmt.Sprintf("auth: {tokens_file: %s, tls_cert: %s, tls_key: %s}\n", tokens, cert, key))
	device.radio("other").sees("_portreeve._tcp", ";"+name+";", ";10.7.0.1;9860;", `"tls=1"`)
	trusting := "SSL_CERT_FILE=" + cert
	const at = "https://10.7.0.1:9860"

	if _, errs, code := device.portreeve(nil, "register", "door", "tcp://:7", "--server", at); code == 0 || !strings.Contains(errs, "unknown authority") {
		t.Errorf("an unknown authority is believed, or not named: exit %d\n%s", code, errs)
	}
	if _, errs, code := device.portreeve(nil, "register", "door", "tcp://:7"); code == 0 {
		t.Errorf("an unknown authority that was found is believed\n%s", errs)
	}
	if got := device.signs("door", trusting); got != at {
		t.Errorf("signed up at %s", got)
	}
	if _, errs, code := elsewhere.portreeve([]string{trusting}, "register", "gate", "tcp://:7", "--server", at); code == 0 || !strings.Contains(errs, "token") {
		t.Errorf("from elsewhere without a token: exit %d\n%s", code, errs)
	}
	if _, errs, code := elsewhere.portreeve([]string{trusting, "PORTREEVE_TOKEN=" + strings.TrimSpace(token)}, "register", "gate", "tcp://:7", "--server", at); code != 0 {
		t.Errorf("from elsewhere with a token: exit %d\n%s", code, errs)
	}
	eventually(t, 20*time.Second, func() string { return missing(p.stderr.String(), "check=gate", "10.7.0.200:7", "refused") })
}
