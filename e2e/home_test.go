package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A home is a local network on which nothing is configured: a server that lets
// apps sign up, and a device with an app.
//
//	server: eth0 10.7.0.1 ── eth0 10.7.0.2: device
type home struct {
	t              *testing.T
	server, device *netns
	config         string
	mail           *smtpsink.Sink
	portreeve, app *program
}

const (
	homeServer = "10.7.0.1"
	homeDevice = "10.7.0.2"
	homePort   = 9860
	shopPort   = 3000
)

func newHome(t *testing.T) *home {
	h := &home{t: t, server: newNetns(t), device: newNetns(t)}
	h.server.join("eth0", h.device, "eth0")
	h.server.ip("addr add " + homeServer + "/24 dev eth0")
	h.device.ip("addr add " + homeDevice + "/24 dev eth0")
	h.server.do(func() error {
		h.mail = smtpsink.Open(t, smtpsink.Options{})
		return nil
	})
	h.config = write(t, "portreeve.yaml", fmt.Sprintf(`
listen: 0.0.0.0:%d
database: "sqlite:%s"
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {family: {email: {to: [family@example.org]}}}
registration: {enabled: true, compat: true, announce: true, allow: [10.7.0.0/24], default_alerts: [family]}
`, homePort, filepath.Join(t.TempDir(), "portreeve.db"), h.mail.Addr))
	h.serve()
	return h
}

// serve starts the server.
func (h *home) serve() {
	h.t.Helper()
	h.server.do(func() error {
		h.portreeve = start(h.t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", h.config)
		return nil
	})
	h.portreeve.line()
}

// on starts a program on the device, with nothing in its environment that could
// help it.
func (h *home) on(name string, args ...string) (p *program) {
	h.t.Helper()
	h.device.do(func() error {
		p = start(h.t, func(cmd *exec.Cmd) { cmd.Env = []string{"HOME=" + cmd.Dir, "PATH=" + os.Getenv("PATH")} }, filepath.Join(bin, name), args...)
		return nil
	})
	return p
}

// client returns a client on one of the machines.
func (n *netns) client() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return n.dial(address) }}}
}

// tell has the app do something.
func (h *home) tell(what string) {
	h.t.Helper()
	resp, err := h.device.client().Post(fmt.Sprintf("http://%s:%d/%s", homeDevice, shopPort, what), "", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s %s", what, resp.Status, text)
	}
}

// checkState is what the server believes of the app.
type checkState struct {
	Status   string
	Overlays []string
	Down     time.Time `json:"down_since"`
	Last     *struct {
		Reason string
		Answer *struct {
			Report *struct {
				Status  string
				Release string `json:"release_id"`
				Parts   []struct{ Name, Verdict, Output string }
			}
		}
	}
}

// state asks the server, on its own machine.
func (h *home) state(name string) (st checkState, found bool) {
	h.t.Helper()
	resp, err := h.server.client().Get(fmt.Sprintf("http://%s:%d/api/v1/checks/%s", homeServer, homePort, name))
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	var report struct{ Items []checkState }
	if err := json.NewDecoder(resp.Body).Decode(&report); err != nil {
		h.t.Fatal(err)
	}
	if len(report.Items) != 1 {
		return st, false
	}
	return report.Items[0], true
}

// becomes waits until the app's check is as it should be.
func (h *home) becomes(name, status string, overlays ...string) (st checkState) {
	h.t.Helper()
	eventually(h.t, 60*time.Second, func() string {
		var found bool
		if st, found = h.state(name); !found {
			return fmt.Sprintf("nobody has signed up by the name of %s:\n%s", name, h.app.stderr)
		}
		if st.Status != status || strings.Join(st.Overlays, " ") != strings.Join(overlays, " ") {
			return fmt.Sprintf("%s is %s %v, want %s %v", name, st.Status, st.Overlays, status, overlays)
		}
		return ""
	})
	return st
}

// mailed waits for so many mails, and returns their subjects. A mail that was
// repeated, since the server was killed before it knew that it was taken, is one.
func (h *home) mailed(n int) (subjects []string) {
	h.t.Helper()
	eventually(h.t, 30*time.Second, func() string {
		subjects = nil
		known := map[string]bool{}
		for _, m := range h.mail.Mails() {
			if id := m.Header("Message-ID"); !known[id] {
				subjects, known[id] = append(subjects, m.Header("Subject")), true
			}
		}
		if len(subjects) < n {
			return fmt.Sprintf("mailed %q", subjects)
		}
		return ""
	})
	return subjects
}

// TestAnAppSignsItselfUp: an app on another machine, with nothing configured,
// finds the server, is watched, fails, is mailed about, recovers, is paused and
// resumed, and signs off; the server is killed on the way.
func TestAnAppSignsItselfUp(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.app = h.on("example", "-listen", fmt.Sprintf(":%d", shopPort))
	up := h.becomes("shop", "HEALTHY")
	if up.Last.Answer == nil || up.Last.Answer.Report == nil || up.Last.Answer.Report.Status != "pass" {
		t.Errorf("its health report is not taken: %+v", up.Last)
	}

	h.tell("ill")
	down := h.becomes("shop", "UNHEALTHY")
	if got := h.mailed(1); !strings.Contains(got[0], "shop is DOWN") {
		t.Errorf("mailed %q", got)
	}
	h.portreeve.kill()
	h.serve()
	if again := h.becomes("shop", "UNHEALTHY"); !again.Down.Equal(down.Down) {
		t.Errorf("down since %v, was %v before the server was killed", again.Down, down.Down)
	}

	h.tell("well")
	h.becomes("shop", "HEALTHY")
	if got := h.mailed(2); !strings.Contains(got[1], "shop has recovered") {
		t.Errorf("mailed %q", got)
	}

	h.tell("pause")
	h.becomes("shop", "HEALTHY", "PAUSED")
	h.portreeve.kill()
	h.serve()
	h.becomes("shop", "HEALTHY", "PAUSED")
	h.tell("resume")
	h.becomes("shop", "HEALTHY")

	h.app.stop()
	eventually(t, 20*time.Second, func() string {
		if st, found := h.state("shop"); found {
			return fmt.Sprintf("still watched: %+v", st)
		}
		return ""
	})
	if got := h.mailed(2); len(got) != 2 {
		t.Errorf("mailed %q", got)
	}
	h.registersByHand()
}

// registersByHand signs up a port by the command, on the device.
func (h *home) registersByHand() {
	h.t.Helper()
	var ln net.Listener
	h.device.do(func() (err error) {
		ln, err = net.Listen("tcp", homeDevice+":0")
		return err
	})
	defer ln.Close()
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"register", "door", "tcp://" + ln.Addr().String(), "--interval", "5s"}, "door"},
		{[]string{"info", "door"}, "tcp://" + ln.Addr().String()},
		{[]string{"pause", "door", "--why", "painted"}, "door"},
		{[]string{"resume", "door"}, "door"},
		{[]string{"stop", "door"}, "door"},
	} {
		home := h.t.TempDir() // the owner's token is kept beneath it, but the address will do
		var out, errs string
		var code int
		h.device.do(func() error {
			out, errs, code = run(h.t, func(cmd *exec.Cmd) { cmd.Env = []string{"HOME=" + home} }, step.args...)
			return nil
		})
		if code != 0 || !strings.Contains(out, step.want) {
			h.t.Errorf("%v: exit %d\n%s%s", step.args, code, out, errs)
		}
	}
}
