package e2e

import (
	"net"
	"testing"
	"time"
)

// TestHeartbeatsWhileOurLinkIsDown cuts the machine off from a device that beats:
// it is not called down, and one that dies meanwhile is, as soon as it had its time
// after the return. Jobs on this machine are missed at once.
func TestHeartbeatsWhileOurLinkIsDown(t *testing.T) {
	t.Parallel()
	const cutFor, sure = 15 * time.Second, 5*time.Second + time.Second // how long the canary doubts after trouble, and a look
	for _, fault := range []struct{ name, cut, mend, evidence string }{
		{"carrier lost", "link set near down", "link set near up", "eth0 has lost its carrier"},
		{"switch dead", "link set lan down", "link set lan up", "nobody answers on eth0"},
	}[:cuts] {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			w := newIsland(t)
			away := newNetns(t)
			away.join("eth0", w.lan, "third")
			w.lan.ip("link set third master lan")
			away.ip("addr add 10.0.0.7/24 dev eth0")
			file, token := hearing(t, "registration: {enabled: true, compat: true, allow: [10.0.0.0/24]}", "device", "victim", "job", "dying")
			s := w.serve(nil, resolverAddress, file, "--listen", "0.0.0.0:9860")
			over := func(address string) (net.Conn, error) { return w.here.dial(address) }
			newDevice(t, "device", token, "http://10.0.0.2:9860", away.dial)
			victim := newDevice(t, "victim", token, "http://10.0.0.2:9860", away.dial)
			newDevice(t, "job", token, "http://127.0.0.1:9860", over)
			dying := newDevice(t, "dying", token, "http://127.0.0.1:9860", over)
			for _, name := range []string{"device", "victim", "job", "dying"} {
				knows(s.server, name, 3)
			}
			w.lan.ip(fault.cut)
			cut := time.Now()
			dying.die()
			victim.die()
			missed := falling(s.server, "dying", cutFor+10*time.Second)
			time.Sleep(cutFor - time.Since(cut))
			eventually(t, 10*time.Second, func() string { return told(s, networkAlert, "UNHEALTHY") })
			onlyDown(s.server, "dying")
			w.lan.ip(fault.mend)
			mended, number := time.Now(), beaten(s.server, "device")
			fell := falling(s.server, "victim", time.Minute)
			knows(s.server, "device", number+5)
			onlyDown(s.server, "dying", "victim")
			alertOnce(t, s, networkAlert, fault.evidence)
			t.Logf("the job was missed %v after the cut, the victim %v after the return", missed.Sub(cut), fell.Sub(mended))
			if early := mended.Add(beatPeriod + beatGrace); fell.Before(early) {
				t.Errorf("the victim had not its whole time: %v after the return", fell.Sub(mended))
			}
			if late := fell.Sub(mended) - beatPeriod - beatGrace - sure; late > 5*time.Second {
				t.Errorf("the victim was told %v late", late)
			}
		})
	}
}
