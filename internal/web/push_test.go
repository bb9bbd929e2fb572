package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestHeartbeats: what is said comes in, by every way to say it.
func TestHeartbeats(t *testing.T) {
	own := []string{"Authorization", "Bearer " + secretOf("own3")}
	inPath := "/" + secretOf("own3")
	asJSON := append([]string{"Content-Type", "application/json"}, own...)
	asForm := append([]string{"Content-Type", "application/x-www-form-urlencoded"}, own...)
	for _, tt := range []struct {
		method, path, body string
		headers            []string
		want               health.Beat
	}{
		{"POST", "", "", own, health.Beat{Signal: health.Finish}},
		{"POST", "/start", "", own, health.Beat{Signal: health.Start}},
		{"POST", "/finish", "all is well\n", asForm, health.Beat{Signal: health.Finish, Text: "all is well"}},
		{"POST", "/fail", "\xff\x1b[31m", own, health.Beat{Signal: health.Failed, Text: "\xff\x1b[31m"}},
		{"POST", "?took=90s&exit_code=3&text=no+space", "", own, health.Beat{Signal: health.Failed, Took: health.Duration(90 * time.Second), Code: 3, Text: "no space"}},
		{"POST", "/finish?exit_code=3", "", own, health.Beat{Signal: health.Finish, Code: 3}},
		{"POST", "?took=0.25", "log", own, health.Beat{Signal: health.Finish, Took: health.Duration(250 * time.Millisecond), Text: "log"}},
		{"POST", "", `{"took":"1m30s","exit_code":0,"text":"done"}`, asJSON, health.Beat{Signal: health.Finish, Took: health.Duration(90 * time.Second), Text: "done"}},
		{"POST", "", `{"took":12,"exit_code":-1}`, asJSON, health.Beat{Signal: health.Failed, Took: health.Duration(12 * time.Second), Code: -1}},
		{"POST", "", ``, asJSON, health.Beat{Signal: health.Finish}},
		{"POST", "", strings.Repeat("x", maxBeatText+1), own, health.Beat{Signal: health.Finish, Text: "x…"}},
		{"POST", "", strings.Repeat("x", 2*maxBody), own, health.Beat{Signal: health.Finish, Text: "x…"}},
		{"POST", inPath, "log", nil, health.Beat{Signal: health.Finish, Text: "log"}},
		{"POST", inPath + "/start", "", nil, health.Beat{Signal: health.Start}},
		{"GET", inPath, "", nil, health.Beat{Signal: health.Finish}},
		{"GET", inPath + "/start", "", nil, health.Beat{Signal: health.Start}},
		{"GET", inPath + "/fail?took=744h&exit_code=1&text=a%20b", "", nil, health.Beat{Signal: health.Failed, Took: health.Duration(744 * time.Hour), Code: 1, Text: "a b"}},
		{"GET", inPath, "", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, health.Beat{Signal: health.Finish}},
	} {
		t.Run(tt.method+" "+strings.ReplaceAll(tt.path, secretOf("own3"), "TOKEN")+fmt.Sprintf(" %.20q", tt.body), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newReception(t)
				rec := askFrom(p.handler(), faraway, tt.method, "/api/v1/push/job"+tt.path, strings.NewReader(tt.body), tt.headers...)
				if rec.Code != 200 || len(p.beats.beats) != 1 || p.beats.names[0] != "job" {
					t.Fatalf("%d %s, and %v came in", rec.Code, rec.Body, p.beats.names)
				}
				got := p.beats.beats[0]
				if strings.HasSuffix(string(tt.want.Text), "…") && len(got.Text) == maxBeatText {
					got.Text = tt.want.Text
				}
				tt.want.At, tt.want.From = time.Now().UTC(), netip.MustParseAddrPort(faraway).Addr()
				if got != tt.want {
					t.Errorf("%+v came in, want %+v", got, tt.want)
				}
				want := fmt.Sprintf(`{"name":"job","signal":%q,"at":"2000-01-01T00:00:00Z"`, tt.want.Signal)
				if !strings.HasPrefix(rec.Body.String(), want) || rec.Header().Get("Cache-Control") != "no-store" || rec.Header().Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("the answer is %s %v", rec.Body, rec.Header())
				}
			})
		})
	}
}

// TestWhoMayBeat: a false heartbeat hides an outage.
func TestWhoMayBeat(t *testing.T) {
	with := func(secret string) []string { return []string{"Authorization", "Bearer " + secret} }
	link := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	for _, tt := range []struct {
		name, from, method, path, host string
		headers                        []string
		want                           int
	}{
		{"its owner's token", faraway, "POST", "job", "", with(secretOf("own3")), 200},
		{"a token for everything", faraway, "POST", "job", "", bearer("admin"), 200},
		{"an owner's token of another", faraway, "POST", "job", "", with(secretOf("own1")), 403},
		{"a token that signed it not up", faraway, "POST", "job", "", bearer("register"), 403},
		{"its address alone", inside, "POST", "job", "", nil, 401},
		{"this machine alone", here, "POST", "job", "", nil, 401},
		{"a browser's password", inside, "POST", "job", "", basic(secretOf("own3")), 401},
		{"a wrong token", faraway, "POST", "job", "", bearer("nobody"), 401},
		{"a wrong token in the path", faraway, "GET", "job/" + secretOf("nobody"), "", nil, 401},
		{"what is no token", faraway, "GET", "job/x", "", nil, 401},
		{"no token in the path", faraway, "GET", "job/start", "", nil, 405},
		{"a token beside the path", faraway, "GET", "job/finish", "", with(secretOf("own3")), 405},
		{"the path counts, and not what stands beside it", faraway, "GET", "job/" + secretOf("nobody"), "", with(secretOf("own3")), 401},

		{"a configured one: a token to register", faraway, "POST", "cron", "", bearer("register"), 200},
		{"a configured one: the same in the path", faraway, "GET", "cron/" + secretOf("register"), "", nil, 200},
		{"a configured one: a token to read", faraway, "POST", "cron", "", bearer("read"), 403},
		{"a configured one: an owner's token", faraway, "POST", "cron", "", with(secretOf("own3")), 403},

		{"a check that is asked", faraway, "POST", "app", "", with(secretOf("own1")), 404},
		{"a configured check that is asked", faraway, "POST", "api", "", bearer("admin"), 404},
		{"no check", faraway, "POST", "jop", "", bearer("admin"), 404},
		{"no signal", faraway, "POST", "job/begin", "", bearer("admin"), 401},
		{"no signal, and a token", faraway, "GET", "job/" + secretOf("own3") + "/finnish", "", nil, 404},

		{"a link on another site", faraway, "GET", "job/" + secretOf("own3"), "", link, 403},
		{"another site's image", faraway, "GET", "job/" + secretOf("own3"), "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"}, 403},
		{"another port's page", faraway, "GET", "job/" + secretOf("own3"), "", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		{"a browser that looks ahead", faraway, "GET", "job/" + secretOf("own3"), "", []string{"Sec-Fetch-Site", "none", "Sec-Purpose", "prefetch;prerender"}, 403},
		{"an older one", faraway, "GET", "job/" + secretOf("own3"), "", []string{"X-Moz", "prefetch"}, 403},
		{"only the header", faraway, "HEAD", "job/" + secretOf("own3"), "", nil, 405},
		{"a rebound name", faraway, "GET", "job/" + secretOf("own3"), "evil.example", nil, 421},
		{"a changed name", faraway, "PUT", "job", "", bearer("admin"), 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newReception(t)
			r := arrived(tt.method, "http://localhost:9860"+pushPath+tt.path, tt.from, "10.0.4.7:9860", tt.headers...)
			if tt.host != "" {
				r.Host = tt.host
			}
			code := respond(p.handler(), r, "")
			if code != tt.want || p.done() > 0 != (tt.want == 200) {
				t.Errorf("%d, want %d; %d came in", code, tt.want, p.done())
			}
		})
	}
}

// TestWrongHeartbeatsAreNamed: every wrong field, and none comes in.
func TestWrongHeartbeatsAreNamed(t *testing.T) {
	p := newReception(t)
	own := []string{"Authorization", "Bearer " + secretOf("own3")}
	for _, tt := range []struct {
		path, body string
		code       int
		says       []string
	}{
		{"?took=soon&exit_code=x&txt=y", "", 422, []string{"query.took", "query.exit_code", "query.txt", "did you mean text?"}},
		{"?took=745h", "", 422, []string{"0s to 744h"}},
		{"?took=-1s", "", 422, []string{"0s to 744h"}},
		{"?took=NaN", "", 422, []string{"0s to 744h"}},
		{"?took=1e300", "", 422, []string{"0s to 744h"}},
		{"?took=1s&took=2s", "", 422, []string{"is there 2 times"}},
		{"", `{"took":"soon","exit_code":1.5,"text":7,"txt":"y"}`, 422, []string{"body.took", "body.exit_code", "body.text", "body.txt"}},
		{"", `{"took":`, 400, []string{"it ends early"}},
		{"", `[]`, 400, []string{"it is no object"}},
		{"", `{"text":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, 400, []string{"nested more than 16 deep"}},
		{"", `{"text":"` + strings.Repeat("x", maxBeatText) + `"}`, 413, []string{"10240 bytes"}},
	} {
		code, answer := p.call(faraway, "POST", "/api/v1/push/job"+tt.path, tt.body, own...)
		if code != tt.code {
			t.Errorf("%s %.40s: %d, want %d: %s", tt.path, tt.body, code, tt.code, answer)
		}
		for _, says := range tt.says {
			if !strings.Contains(answer, says) {
				t.Errorf("%s %.40s does not say %q: %s", tt.path, tt.body, says, answer)
			}
		}
	}
	if p.done() > 0 {
		t.Errorf("%v came in", p.beats.beats)
	}
}

// TestAHeartbeatThatIsNotKept counts, and its sender hears it.
func TestAHeartbeatThatIsNotKept(t *testing.T) {
	p := newReception(t)
	p.beats.err = errors.New("disk full in /var/lib/secret")
	code, answer := p.call(faraway, "GET", "/api/v1/push/job/"+secretOf("own3"), "")
	if code != 503 || strings.Contains(answer, "secret") || p.beats.count() != 1 {
		t.Errorf("%d %s", code, answer)
	}
}

// TestTooManyHeartbeats of one name keep no other's out.
func TestTooManyHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newReception(t)
		h := p.handler()
		beat := func(name, token string) int { return ask(h, pushPath+name+"/"+secretOf(token)).Code }
		for range beatBurst {
			if code := beat("job", "own3"); code != 200 {
				t.Fatalf("one of the first: %d", code)
			}
		}
		rec := ask(h, pushPath+"job/"+secretOf("own3"))
		if rec.Code != 429 || rec.Header().Get("Retry-After") != "1" || p.beats.count() != beatBurst {
			t.Errorf("one too many: %d %v", rec.Code, rec.Header())
		}
		if code := beat("cron", "register"); code != 200 {
			t.Errorf("another's: %d", code)
		}
		time.Sleep(beatEvery)
		if code := beat("job", "own3"); code != 200 {
			t.Errorf("a second later: %d", code)
		}
	})
}

// TestTheTokenInAPathIsShownToNobody: neither in the log nor in any answer.
func TestTheTokenInAPathIsShownToNobody(t *testing.T) {
	p := newReception(t)
	var log strings.Builder
	p.beats.err = errors.New("no space")
	h := New(p.board, p.journal, p.options, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))).Handler()
	for _, secret := range []string{secretOf("own3"), secretOf("nobody"), secretOf("read"), "hunter2hunter2"} {
		for _, path := range []string{"job/%s", "job/%s/start", "job/%s/finnish", "job/%s/start/x", "job/%s/", "/job/%s", "job/../job/%s", "./job/%s", "../push/job/%s", "jop/%s", "app/%s", "job/start/%s", "job/%s?took=x&text=y"} {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
				for _, accept := range []string{"*/*", "text/html"} {
					url := pushPath + fmt.Sprintf(path, secret)
					if strings.HasPrefix(path, "..") {
						url = "/api//v1/" + fmt.Sprintf(path, secret)[3:]
					}
					rec := askFrom(h, here, method, url, nil, "Accept", accept)
					if strings.Contains(rec.Body.String(), secret) || strings.Contains(fmt.Sprint(rec.Header()), secret) {
						t.Errorf("%s %s: %d %v %s", method, path, rec.Code, rec.Header(), rec.Body)
					}
				}
			}
		}
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
	if !strings.Contains(log.String(), "keep a heartbeat") || !strings.Contains(log.String(), "wrong token") {
		t.Error("nothing was logged that could have shown it")
	}
}
