package reach

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

var bothFamilies = Addresses{V4: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, V6: []netip.Addr{netip.MustParseAddr("2001:db8::1")}}

// A partner answers for a family: after a time, with an error or none.
type partner struct {
	after time.Duration
	err   error
}

const never = time.Hour

// partners make an Ask of what the families do.
func partners(v4, v6 partner) Ask {
	return func(ctx context.Context, to netip.AddrPort) error {
		p := v4
		if to.Addr().Is6() {
			p = v6
		}
		select {
		case <-time.After(p.after):
			if p.err != nil {
				return &connectError{addr: to, cause: p.err}
			}
			return nil
		case <-ctx.Done():
			return ended(ctx, to)
		}
	}
}

// told words a reply: "pass 4", "fail refused 6 …", with "dead" and why behind.
func told(r Reply) string {
	family := map[bool]string{true: "6", false: "4"}[r.Addr.Addr().Is6()]
	verdict, reason, text := Classify(r.Err)
	words := []string{string(verdict), family}
	if r.Err != nil {
		words = []string{string(verdict), string(reason), family, string(text)}
	}
	if r.Dead != nil {
		_, reason, _ := Classify(r.Dead)
		words = append(words, "dead", string(reason))
	}
	return strings.Join(words, " ")
}

const (
	says4 = "192.0.2.1:80: "
	says6 = "[2001:db8::1]:80: "
)

// TestFamilies asks a name again and again, with two seconds for each time.
func TestFamilies(t *testing.T) {
	well := partner{after: 10 * time.Millisecond}
	silent := partner{after: never}
	refuses := partner{10 * time.Millisecond, unix.ECONNREFUSED}
	noRoute := partner{0, unix.ENETUNREACH}
	starving := partner{0, unix.EMFILE}
	slow := partner{after: 900 * time.Millisecond}
	type step struct {
		v4, v6 partner
		want   string
		took   time.Duration
	}
	ms := time.Millisecond
	tests := []struct {
		name   string
		family health.Family
		steps  []step
	}{
		{"both answer", health.FamilyAuto, []step{{well, well, "pass 6", 10 * ms}}},
		{"IPv4 alone has always answered", health.FamilyAuto, []step{
			{well, refuses, "pass 4", 10 * ms},
			{well, silent, "pass 4", 260 * ms},
			{well, noRoute, "pass 4", 10 * ms},
		}},
		{"IPv6 dies silently, and comes back", health.FamilyAuto, []step{
			{well, well, "pass 6", 10 * ms},
			{well, silent, "pass 4 dead timeout", 2000 * ms},
			{well, silent, "pass 4 dead timeout", 260 * ms},
			{well, well, "pass 6", 10 * ms},
			{well, silent, "pass 4 dead timeout", 2000 * ms},
		}},
		{"IPv4 dies loudly", health.FamilyAuto, []step{
			{well, well, "pass 6", 10 * ms},
			{refuses, well, "pass 6 dead refused", 10 * ms},
			{refuses, well, "pass 6 dead refused", 10 * ms},
		}},
		{"our own fault kills nobody", health.FamilyAuto, []step{
			{well, well, "pass 6", 10 * ms},
			{well, noRoute, "pass 4", 10 * ms},
			{well, starving, "pass 4", 10 * ms},
			{well, well, "pass 6", 10 * ms},
		}},
		{"a slow one is given its time once it is known", health.FamilyAuto, []step{
			{slow, slow, "pass 6", 900 * ms},
			{well, slow, "pass 6", 900 * ms},
			{well, silent, "pass 4 dead timeout", 2000 * ms},
			{well, slow, "pass 6", 900 * ms}, // four times what it took
		}},
		{"both are silent", health.FamilyAuto, []step{
			{silent, silent, "fail timeout 4 " + says4 + "no answer; " + says6 + "no answer", 2000 * ms},
		}},
		{"many have no IPv6", health.FamilyAuto, []step{
			{refuses, noRoute, "fail refused 4 " + says4 + "connection refused; " + says6 + "network is unreachable", 10 * ms},
			{silent, noRoute, "fail timeout 4 " + says4 + "no answer; " + says6 + "network is unreachable", 2000 * ms},
			{noRoute, noRoute, "unknown local_network 4 " + says4 + "network is unreachable; " + says6 + "network is unreachable", 0},
		}},
		{"silence is looked into before words are believed", health.FamilyAuto, []step{
			{silent, refuses, "fail timeout 4 " + says4 + "no answer; " + says6 + "connection refused", 2000 * ms},
			{refuses, silent, "fail timeout 6 " + says6 + "no answer; " + says4 + "connection refused", 2000 * ms},
		}},
		{"who could not ask cannot tell", health.FamilyAuto, []step{
			{refuses, starving, "unknown local_fds 6 " + says6 + "too many open files; " + says4 + "connection refused", 10 * ms},
		}},
		{"who used to answer decides", health.FamilyAuto, []step{
			{well, refuses, "pass 4", 10 * ms},
			{noRoute, refuses, "unknown local_network 4 " + says4 + "network is unreachable; " + says6 + "connection refused", 10 * ms},
		}},
		{"both are demanded", health.FamilyBoth, []step{
			{well, well, "pass 6", 10 * ms},
			{well, refuses, "fail refused 6 " + says6 + "connection refused", 10 * ms},
			{silent, well, "fail timeout 4 " + says4 + "no answer", 2000 * ms},
			{starving, refuses, "fail refused 6 " + says6 + "connection refused; " + says4 + "too many open files", 10 * ms},
			{starving, well, "unknown local_fds 4 " + says4 + "too many open files", 10 * ms},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f Families
				for i, s := range tt.steps {
					ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
					began := time.Now()
					got := told(f.Ask(ctx, bothFamilies, 80, tt.family, partners(s.v4, s.v6)))
					if took := time.Since(began); got != s.want || took != s.took {
						t.Errorf("step %d: %s after %v, want %s after %v", i, got, took, s.want, s.took)
					}
					cancel()
				}
			})
		})
	}
}

// TestAFamilyWithoutAddressesIsNotDead: the name has withdrawn them.
func TestAFamilyWithoutAddressesIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Families
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		well, silent := partner{}, partner{after: never}
		ask := func(to Addresses, v6 partner) string {
			return told(f.Ask(ctx, to, 80, health.FamilyAuto, partners(well, v6)))
		}
		if got := ask(bothFamilies, well); got != "pass 6" {
			t.Error(got)
		}
		if got := ask(Addresses{V4: bothFamilies.V4}, silent); got != "pass 4" {
			t.Errorf("withdrawn: %s", got)
		}
		if got := ask(bothFamilies, silent); got != "pass 4" {
			t.Errorf("back, but never seen since: %s", got)
		}
	})
}

// TestManyAddresses share the time, each having a fair one.
func TestManyAddresses(t *testing.T) {
	list := func(n int) (all []netip.Addr) {
		for i := range n {
			all = append(all, netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}))
		}
		return all
	}
	tests := []struct {
		name    string
		n, well int // addresses; the one that answers; the others are silent
		timeout time.Duration
		want    string
		took    time.Duration
	}{
		{"one", 1, 1, 5 * time.Second, "pass 4", 0},
		{"the second of two", 2, 2, 5 * time.Second, "pass 4", 2500 * time.Millisecond},
		{"the second of many", 16, 2, 5 * time.Second, "pass 4", fairShare},
		{"the last of many", 16, 16, 5 * time.Second, "fail timeout 4 192.0.2.5:80: no answer", 5 * time.Second},
		{"the first, in no time", 2, 2, time.Second, "fail timeout 4 192.0.2.1:80: no answer", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
				defer cancel()
				ask := func(ctx context.Context, to netip.AddrPort) error {
					if to.Addr().As4()[3] == byte(tt.well) {
						return nil
					}
					<-ctx.Done()
					return ended(ctx, to)
				}
				var f Families
				began := time.Now()
				got := told(f.Ask(ctx, Addresses{V4: list(tt.n)}, 80, health.FamilyAuto, ask))
				if took := time.Since(began); got != tt.want || took != tt.took {
					t.Errorf("%s after %v, want %s after %v", got, took, tt.want, tt.took)
				}
			})
		})
	}
}

// TestOneOfManyThatCouldNotBeAsked may be the one that answers.
func TestOneOfManyThatCouldNotBeAsked(t *testing.T) {
	var f Families
	for _, order := range [][2]error{{unix.ECONNREFUSED, unix.EADDRNOTAVAIL}, {unix.EADDRNOTAVAIL, unix.ECONNREFUSED}} {
		i := 0
		r := f.Ask(t.Context(), Addresses{V4: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}}, 80, "", func(_ context.Context, to netip.AddrPort) error {
			i++
			return &connectError{addr: to, cause: order[i-1]}
		})
		if verdict, reason, _ := Classify(r.Err); verdict != health.Indeterminate || reason != health.LocalPorts {
			t.Errorf("%v: %s", order, fmt.Sprint(verdict, reason))
		}
	}
}
