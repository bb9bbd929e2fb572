package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// disguises returns the ways to write an IPv4 address as an address.
func disguises(text string) []netip.Addr {
	v4 := netip.MustParseAddr(text).As4()
	all := []netip.Addr{netip.AddrFrom4(v4)}
	for _, form := range []string{"::ffff:%s", "::%s", "::ffff:0:%s", "64:ff9b::%s", "2606:4700::5efe:%s", "2002:%x::"} {
		dots := any(text)
		if strings.Contains(form, "%x") {
			dots = fmt.Sprintf("%02x%02x:%02x%02x", v4[0], v4[1], v4[2], v4[3])
			form = strings.Replace(form, "%x", "%s", 1)
		}
		all = append(all, netip.MustParseAddr(fmt.Sprintf(form, dots)))
	}
	return all
}

// neverAsked are addresses that nobody may have asked, not even the
// configuration.
func neverAsked() (all []netip.Addr) {
	for _, text := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.0.1", "169.254.255.255", "100.100.100.200", "168.63.129.16", "192.0.0.192",
		"224.0.0.1", "239.255.255.255", "255.255.255.255",
	} {
		all = append(all, disguises(text)...)
	}
	for _, text := range []string{"fe80::1", "febf::1", "fe80::a9fe:a9fe", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "ff02::1", "ff0e::1", "64:ff9b:1::169.254.169.254"} {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// outside are addresses that callers from elsewhere may not have asked.
func outside() []netip.Addr {
	all := neverAsked()
	for _, text := range []string{"127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "8.8.8.8"} {
		all = append(all, disguises(text)...)
	}
	for _, text := range []string{"::1", "::", "fd12:3456::1", "2606:4700::1", "2001:db8:1::1"} {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// TestTrap: without anybody's rules most of these addresses are reached, so
// that none is reached means something.
func TestTrap(t *testing.T) {
	w := newTrap(t)
	w.here.do(func() error {
		for _, a := range outside() {
			if c, err := net.DialTimeout("tcp", netip.AddrPortFrom(a, trapPort).String(), time.Second); err == nil {
				c.Close()
			}
		}
		return nil
	})
	eventually(t, 5*time.Second, func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.reached) < 64 || w.sent() < 64 {
			return fmt.Sprintf("only %d of %d addresses lead here: %v", len(w.reached), len(outside()), w.reached)
		}
		return ""
	})
}

// TestListsOfHostsReachNothingElse names hostile hosts by /json: as they are,
// and by names that turn hostile after the first answer, or are both at once.
func TestListsOfHostsReachNothingElse(t *testing.T) {
	w := newTrap(t)
	list := struct {
		Port  int      `json:"port"`
		Hosts []string `json:"hosts"`
	}{trapPort, []string{honest, "0x7f000001", "fe80::1%eth0"}}
	for _, a := range outside() {
		list.Hosts = append(list.Hosts, a.String())
		if a.Is4In6() {
			continue // no name leads to such an address
		}
		for _, manner := range []string{"held", "turn", "both"} {
			list.Hosts = append(list.Hosts, nameOf(manner, a))
		}
	}
	body, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	code, text := w.ask("POST", "/json", string(body), "Content-Type", "application/json")
	var answer struct {
		Results []struct{ Host, Message, Status string }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || code != 200 || len(answer.Results) != len(list.Hosts) {
		t.Fatalf("%d, %d results of %d: %.300s", code, len(answer.Results), len(list.Hosts), text)
	}
	if r := answer.Results[0]; r.Status != "OK" {
		t.Errorf("the honest host: %+v", r)
	}
	if r := answer.Results[1]; r.Status != "DOWN" {
		t.Errorf("a number in disguise is a name, which does not exist: %+v", r)
	}
	for _, r := range answer.Results[2:] {
		byName := strings.HasPrefix(r.Host, "turn.") || strings.HasPrefix(r.Host, "both.")
		if r.Status != "UNKNOWN" && !(byName && r.Status == "OK") {
			t.Errorf("%+v", r)
		}
		if strings.Contains(r.Message, "169.254") && !strings.Contains(r.Host, "169.254") {
			t.Errorf("the answer tells where a name leads: %+v", r)
		}
	}
	forbidden, permitted := w.takeReached()
	if len(forbidden) > 0 || permitted == 0 {
		t.Errorf("reached: %v, and %d times what may be", forbidden, permitted)
	}
	t.Logf("%d hostile addresses, %d hosts with the names that lead there: 0 connections; %d to the honest one", len(outside()), len(list.Hosts), permitted)

	for _, host := range []string{"2130706433", "0177.0.0.1", "127.1", "169.254.169.254:80", "http://169.254.169.254/"} {
		code, text := w.ask("POST", "/json", fmt.Sprintf(`{"port":%d,"hosts":[%q]}`, trapPort, host), "Content-Type", "application/json")
		if code != 422 || !strings.Contains(text, "body.hosts[0]") {
			t.Errorf("%s: %d %.200s", host, code, text)
		}
	}
	if forbidden, _ := w.takeReached(); len(forbidden) > 0 || w.sent() > 0 {
		t.Errorf("reached: %v; %d packets were sent", forbidden, w.sent())
	}
}

// TestProbesReachNothingElse has hostile targets asked by /probe: as they are,
// by names, by redirects, and by redirects to names.
func TestProbesReachNothingElse(t *testing.T) {
	w := newTrap(t)
	probe := func(module, target string, headers ...string) (int, string) {
		return w.ask("GET", "/probe?"+url.Values{"module": {module}, "target": {target}}.Encode(), "", headers...)
	}
	bearer := []string{"Authorization", "Bearer " + w.token}
	if code, text := probe("tcp_connect", fmt.Sprintf("%s:%d", honest, trapPort)); code != 401 {
		t.Errorf("without a token: %d %s", code, text)
	}
	if code, text := probe("tcp_connect", fmt.Sprintf("%s:%d", honest, trapPort), bearer...); code != 200 || !strings.Contains(text, "probe_success 1") {
		t.Errorf("the honest target: %d %s", code, text)
	}
	redirector := fmt.Sprintf("http://%s:%d/?to=", honest, redirectPort)
	if code, text := probe("http_2xx", redirector+url.QueryEscape(fmt.Sprintf("http://%s:%d/", honest, trapPort)), bearer...); code != 200 || !strings.Contains(text, "probe_success 1") {
		t.Errorf("a redirect to the honest target: %d %s", code, text)
	}
	tried := 0
	for _, a := range neverAsked() {
		direct := netip.AddrPortFrom(a, trapPort).String()
		held, turn, both := nameOf("held", a), nameOf("turn", a), nameOf("both", a)
		for _, q := range []struct {
			module, target string
			mixed          bool // the honest address may answer
		}{
			{"tcp_connect", direct, false},
			{"tcp_half_open", direct, false},
			{"http_2xx", "http://" + direct + "/", false},
			{"tls_connect", direct, false},
			{"tcp_connect", fmt.Sprintf("%s:%d", held, trapPort), false},
			{"http_2xx", redirector + url.QueryEscape("http://"+direct+"/"), false},
			{"http_2xx", redirector + url.QueryEscape(fmt.Sprintf("http://%s:%d/", held, trapPort)), false},
			{"http_2xx", redirector + url.QueryEscape(fmt.Sprintf("http://%s:%d/", turn, trapPort)), true},
			{"http_2xx", fmt.Sprintf("http://%s:%d/", turn, trapPort), true}, // the second time it is asked for
			{"http_2xx", fmt.Sprintf("http://%s:%d/", both, trapPort), true},
		} {
			tried++
			code, text := probe(q.module, q.target, bearer...)
			if code == 200 && strings.Contains(text, "probe_success 1") && !q.mixed {
				t.Errorf("%s %s: %d %s", q.module, q.target, code, text)
			}
		}
	}
	forbidden, permitted := w.takeReached()
	if len(forbidden) > 0 || permitted < 2 || w.sent() > 0 {
		t.Errorf("reached: %v, and %d times what may be; %d packets were sent", forbidden, permitted, w.sent())
	}
	t.Logf("%d hostile addresses, %d probes: 0 connections; %d to the honest one", len(neverAsked()), tried, permitted)
}

// TestCallersFromElsewhere: nobody gets in without what it takes, whatever he
// pretends.
func TestCallersFromElsewhere(t *testing.T) {
	w := newTrap(t)
	for _, tt := range []struct {
		path, host string
		headers    []string
		want       int
	}{
		{"/probe?target=127.0.0.1:9860", "", nil, 401},
		{"/probe?target=127.0.0.1:9860", "", []string{"X-Forwarded-For", "127.0.0.1"}, 401},
		{"/probe?target=127.0.0.1:9860", "", []string{"Authorization", "Bearer prt_" + strings.Repeat("0", 43)}, 401},
		{"/api/v1/machine", "evil.example", nil, 421},
		{"/api/v1/machine", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/api/v1/machine", "", nil, 200}, // insecure: reading is public
	} {
		req, err := http.NewRequest("GET", w.url+tt.path, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = tt.host
		for i := 0; i < len(tt.headers); i += 2 {
			req.Header.Set(tt.headers[i], tt.headers[i+1])
		}
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s of %s with %v: %d, want %d", tt.path, tt.host, tt.headers, resp.StatusCode, tt.want)
		}
	}
}
