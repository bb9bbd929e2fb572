package compat

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/registration"
)

// TestOldClient replays what Python's requests 2.28.1 sent for the old client, byte
// for byte, to a real server: one connection for each request, as requests.get and
// requests.post do.
func TestOldClient(t *testing.T) {
	umlaut, _ := registration.NameOf("Bücher & Café 7")
	for _, app := range []struct{ file, name, target string }{
		{"shop", "shop", "http://127.0.0.1:3000/health"},
		{"umlaut", umlaut, "http://127.0.0.1:3001/healthcheck"},
	} {
		t.Run(app.file, func(t *testing.T) {
			h, s := newWorld()
			srv := httptest.NewServer(h)
			defer srv.Close()
			for _, step := range []struct {
				file   string
				status int
				did    string
				says   string
			}{
				{"1-monitor", 201, "created NAME", "is watched: TARGET every 30s, 5s to answer; down after 2 failures in a row, up after 10 successes."},
				{"2-info", 200, "", `"url":"TARGET","email":"ops@example.org"`},
				{"3-status", 200, "", "TARGET"},
				{"4-pause", 200, "pause NAME", "is paused"},
				{"5-resume", 200, "resume NAME", "is resumed"},
				{"4-pause", 200, "pause NAME", "is paused"},
				{"6-monitor", 302, "restarted NAME", "noted as restarted"},
				{"7-stop", 200, "remove NAME", "is watched no more"},
				{"8-stopmonitoring", 404, "", "nobody has signed NAME up"},
				{"1-monitor", 201, "created NAME", "is watched"},
				{"8-stopmonitoring", 200, "remove NAME", "is watched no more"},
			} {
				fill := strings.NewReplacer("NAME", app.name, "TARGET", app.target)
				resp, body := replay(t, srv.Listener.Addr().String(), app.file+"-"+step.file)
				if resp.StatusCode != step.status || !strings.Contains(body, fill.Replace(step.says)) {
					t.Errorf("%s: %d %s", step.file, resp.StatusCode, body)
				}
				if _, there := resp.Header["Location"]; there {
					t.Errorf("%s has a Location, which requests would follow", step.file)
				}
				if did := s.done(); did != fill.Replace(step.did) {
					t.Errorf("%s did %q, want %q", step.file, did, fill.Replace(step.did))
				}
				if st := s.state(app.name); step.status == 302 && (st == nil || len(st.Overlays) > 0) {
					t.Errorf("signed up again, it is %+v", st)
				}
			}
		})
	}
}

func TestOldClientsOtherForms(t *testing.T) {
	h, s := newWorld()
	srv := httptest.NewServer(h)
	defer srv.Close()
	for file, want := range map[string]struct {
		status int
		says   string
	}{
		"floats":  {201, "floats is watched: http://127.0.0.1:3002/health every 30s, 5s to answer"},
		"nothing": {400, "- appname: is missing (the app's name)\n- url: is missing (where the app answers, such as http://192.0.2.7:3000)\n"},
		"list":    {400, "- url: is there more than once\n"},
	} {
		if resp, body := replay(t, srv.Listener.Addr().String(), file); resp.StatusCode != want.status || !strings.Contains(body, want.says) {
			t.Errorf("%s: %d %s", file, resp.StatusCode, body)
		}
	}
	if did := s.done(); did != "created floats" {
		t.Errorf("did %q", did)
	}
}

// replay sends the bytes of a file to a server and returns what it answers.
func replay(t *testing.T, addr, file string) (*http.Response, string) {
	t.Helper()
	wire, err := os.ReadFile(filepath.Join("testdata", file+".http"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.Copy(conn, bytes.NewReader(wire)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}
