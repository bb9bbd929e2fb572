package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// nasty are texts that do harm where they are not meant to be read: on a terminal,
// in a page, a log, a mail's header, a table, a spreadsheet.
func nasty() []string {
	return []string{
		"\x1b]0;owned\a\x1b[2J\x1b[31mred", "<script>alert(1)</script><img src=x onerror=alert(1)>", "a\r\nBcc: everybody@example.net\r\n\r\nhello",
		"x level=ERROR msg=\"forged\"\ntime=2020-01-01T00:00:00Z level=ERROR msg=forged", "=cmd|' /C calc'!A0", "\u202egnp.exe \u2066\u200b", "\x00\xff\xfe\x80", "a\tb\vc\u2028d\u2029e\u0085f", "{{.}}%s%n${jndi:ldap://x}",
	}
}

// harmful are the bytes that no terminal, log or mail may be sent as they are.
func harmful(text string) string {
	for _, bad := range []string{"\x1b", "\x00", "\a", "\v", "\u202e", "\u2066", "\u0085", "\u2028", "\xff", "\r\nBcc:", "\nBcc:", "\ntime=2020"} {
		if i := strings.Index(text, bad); i >= 0 {
			return fmt.Sprintf("%q in %q", bad, text[max(0, i-80):min(len(text), i+80)])
		}
	}
	return ""
}

// TestHostileAppsHarmNobodyWhoReadsOfThem signs apps up whose names, heartbeats
// and health answers are meant to do harm, and looks at everything that tells of
// them: pages, log, mails, tables, and the command line.
func TestHostileAppsHarmNobodyWhoReadsOfThem(t *testing.T) {
	t.Parallel()
	w := besiege(t, openDoors)
	for i, text := range nasty() {
		base := w.ill(text)
		form := url.Values{"appname": {"app " + text}, "url": {base}, "email": {"ops@example.net"}, "interval": {"5"}}
		code, answer := w.ask(attacker, "POST", "/healthchecker/monitor", form.Encode(), "Content-Type", asForm)
		if code != http.StatusCreated && code != http.StatusBadRequest || harmful(answer) != "" {
			t.Errorf("appname %q: %d %s", text, code, answer)
		}
		if code, answer = w.ask(attacker, "POST", "/healthchecker/monitor", url.Values{"appname": {"x"}, "url": {base}, "email": {"a@example.net" + text}}.Encode(), "Content-Type", asForm); code < 400 || harmful(answer) != "" {
			t.Errorf("email with %q: %d %s", text, code, answer)
		}
		if code, answer = w.ask(attacker, "POST", "/healthchecker/monitor", url.Values{"appname": {"x"}, "url": {base + "/" + text}, "interval": {text}}.Encode(), "Content-Type", asForm); code < 400 || harmful(answer) != "" {
			t.Errorf("url with %q: %d %s", text, code, answer)
		}
		body, _ := json.Marshal(map[string]string{"name": text, "title": text, "target": "http://" + text, "expect": text, "path": text, "interval": text})
		if code, answer = w.ask(attacker, "POST", "/api/v1/checks", string(body), "Content-Type", asJSON); code < 400 || harmful(answer) != "" {
			t.Errorf("a registration of %q: %d %s", text, code, answer)
		}
		name := fmt.Sprintf("job-%d", i)
		token := secretIn(t, w.signUp(attacker, fmt.Sprintf(`{"name":%q,"target":"push://%s","period":"1h"}`, name, name)))
		for _, try := range []struct{ method, path, body, kind string }{
			{"POST", "/api/v1/push/" + name + "/fail", text, "text/plain"}, {"GET", "/api/v1/push/" + name + "/" + token + "/fail?text=" + url.QueryEscape(text), "", ""},
			{"GET", "/api/v1/push/" + name + "/" + token + "?exit_code=" + url.QueryEscape(text), "", ""}, {"POST", "/api/v1/push/" + name + "/" + url.PathEscape(text), "", ""},
			{"GET", "/api/v1/push/" + url.PathEscape(text) + "/" + token, "", ""}, {"POST", "/api/v1/push/" + name + "/fail", strings.Repeat(text, 1000), "text/plain"},
		} {
			_, answer := w.ask(attacker, try.method, try.path, try.body, "Authorization", "Bearer "+token, "Content-Type", try.kind)
			if harmful(answer) != "" || strings.Contains(answer, token) {
				t.Errorf("%s %.80q: %s", try.method, try.path, answer)
			}
		}
		if strings.Contains(w.server.stderr.String(), token) {
			t.Errorf("the log has the token of %s", name)
		}
	}
	w.sink.Wait(t, 3, 20*time.Second)
	w.readsWell()
}

// ill serves health+json that says a text in every part.
func (w *siege) ill(text string) string {
	w.t.Helper()
	var ln net.Listener
	w.there.do(func() (err error) {
		ln, err = net.Listen("tcp", attacker+":0")
		return err
	})
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/health+json")
		checks := map[string]any{}
		for k := range 300 {
			checks[fmt.Sprintf("%s-%d", text, k)] = []any{map[string]any{"status": "fail", "output": text, "componentType": text, "observedValue": text, "observedUnit": text, "time": text, "componentId": text}}
		}
		body, _ := json.Marshal(map[string]any{"status": "fail", "output": text, "releaseId": text, "serviceId": text, "version": text, "notes": []string{text}, "description": text, "checks": checks})
		rw.WriteHeader(http.StatusServiceUnavailable)
		rw.Write(body)
	})}
	go srv.Serve(ln)
	w.t.Cleanup(func() { srv.Close() })
	return "http://" + ln.Addr().String()
}

// readsWell looks at everything that tells of registered checks.
func (w *siege) readsWell() {
	w.t.Helper()
	look := func(what, text string) {
		if bad := harmful(text); bad != "" {
			w.t.Errorf("%s: %s", what, bad)
		}
	}
	_, list := w.ask(fort, "GET", "/api/v1/checks?limit=1000", "")
	var all struct {
		Items []struct{ Spec struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(list), &all); err != nil || len(all.Items) < len(nasty()) {
		w.t.Fatalf("%v: %.300s", err, list)
	}
	paths := []string{"/", "/incidents", "/metrics", "/healthchecker/status", "/api/v1/checks", "/api/v1/incidents"}
	for _, c := range all.Items {
		paths = append(paths, "/checks/"+c.Spec.Name, "/healthchecker/info?name="+c.Spec.Name, "/api/v1/checks/"+c.Spec.Name+"/registration", "/api/v1/checks/"+c.Spec.Name)
	}
	for _, path := range paths {
		for _, accept := range []string{"text/html", "text/plain", "application/json", "text/csv"} {
			code, text := w.ask(fort, "GET", path, "", "Accept", accept)
			if code >= 500 {
				w.t.Errorf("%s: %d %s", path, code, text)
			}
			look(path+" as "+accept, text)
			if strings.HasPrefix(text, "<!") && (strings.Contains(text, "<script>alert") || strings.Contains(text, "<img src=x")) {
				w.t.Errorf("%s holds markup of a stranger's", path)
			}
		}
	}
	w.here.do(func() error {
		admin, err := os.ReadFile(w.tokens + ".admin")
		for _, c := range all.Items {
			out, errs, code := run(w.t, func(cmd *exec.Cmd) {
				cmd.Env = append(os.Environ(), "PORTREEVE_TOKEN="+strings.TrimSpace(string(admin)))
			}, "info", c.Spec.Name, "--server", w.url)
			look("info "+c.Spec.Name, out+errs)
			if code != 0 && !strings.HasPrefix(c.Spec.Name, "portreeve.") {
				w.t.Errorf("info %s: %d %s", c.Spec.Name, code, errs)
			}
			if bytes.Contains([]byte(out+errs), bytes.TrimSpace(admin)) {
				w.t.Errorf("info %s tells the token", c.Spec.Name)
			}
		}
		return err
	})
	look("the log", w.server.stderr.String())
	for _, m := range w.sink.Mails() {
		head, _, _ := bytes.Cut(m.Data, []byte("\r\n\r\n"))
		look("a mail", string(m.Data))
		if len(m.To) != 1 || m.To[0] != "ops@example.net" || bytes.Count(bytes.ToLower(head), []byte("\nto:")) != 1 {
			w.t.Errorf("a mail to %v: %s", m.To, head)
		}
	}
}
