package compat

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestMonitor reads like the specification: a form, the status, words of the
// answer.
func TestMonitor(t *testing.T) {
	const good = "appname=shop&url=http://192.0.2.7:3000"
	for _, tt := range []struct {
		name, form string
		status     int
		says       string // parts of the answer, each on a line
	}{
		{"name and URL are enough", good, 201, "shop is watched: http://192.0.2.7:3000/health every 30s, 5s to answer; down after 2 failures in a row, up after 10 successes."},
		{"the least of everything", good + "&interval=5&timeout=2&unhealthy_threshold=2&healthy_threshold=2", 201, "every 5s, 2s to answer; down after 2 failures in a row, up after 2 successes."},
		{"the most of everything", good + "&interval=300&timeout=60&unhealthy_threshold=10&healthy_threshold=10", 201, "every 5m0s, 1m0s to answer; down after 10 failures in a row, up after 10 successes."},
		{"computed numbers", good + "&interval=30.0&timeout=5.00&unhealthy_threshold=3.", 201, "every 30s, 5s to answer; down after 3 failures"},
		{"empty fields say nothing", good + "&interval=&timeout=+&email=&path=", 201, "every 30s, 5s to answer"},
		{"unknown fields, once or twice", good + "&note=1&note=2&%zz=1&=", 201, "shop is watched"},
		{"a timeout that is too long is cut", good + "&interval=10&timeout=10", 201, "every 10s, 9s to answer\nnote: timeout: 10s is not shorter than the interval 10s, and was cut to 9s"},
		{"a slash is no path", "appname=shop&url=http://192.0.2.7:3000/", 201, "http://192.0.2.7:3000/health "},
		{"a path is kept, with its query", "appname=shop&url=https://192.0.2.7/a/b?c=d", 201, "https://192.0.2.7:443/a/b?c=d "},
		{"no path, but a query", "appname=shop&url=http://192.0.2.7:3000?c=d", 201, "http://192.0.2.7:3000/health?c=d "},
		{"a URL without a host is the caller's", "appname=shop&url=http://:3000", 201, "http://192.0.2.7:3000/health "},
		{"any text is a name", "appname=B%C3%BCcher+%26+<b>", 400, "url: is missing"},
		{"email with a name", good + "&email=Ops+<ops@example.org>", 201, "shop is watched"},

		{"nothing", "", 400, "- appname: is missing\n- url: is missing"},
		{"no URL", "appname=shop", 400, "- url: is missing (where the app answers"},
		{"another kind of URL", "appname=shop&url=tcp://192.0.2.7:3000", 400, "- url: this is no URL of http or https"},
		{"no URL at all", "appname=shop&url=192.0.2.7:3000", 400, "- url: this is no URL of http or https (such as http://192.0.2.7:3000"},
		{"a URL with a password", "appname=shop&url=http://ann:secret@192.0.2.7:3000", 400, "- url: "},
		{"a port that is none", "appname=shop&url=http://192.0.2.7:99999", 400, "- url: "},
		{"a number that is a word", good + "&interval=often", 400, `- interval: "often" is no whole number (a number of seconds without a unit, 5s to 300s)`},
		{"a number with a unit", good + "&timeout=5s", 400, `- timeout: "5s" is no whole number (a number of seconds without a unit, 2s to 60s)`},
		{"a number with a fraction", good + "&healthy_threshold=2.5", 400, `- healthy_threshold: "2.5" is no whole number (a number of successes in a row without a unit, 2 to 10)`},
		{"hexadecimal, exponents, not a number", good + "&interval=0x1e&timeout=1e1&healthy_threshold=nan", 400, "- interval: \n- timeout: \n- healthy_threshold: "},
		{"two mailboxes", good + "&email=a@example.org,b@example.org", 400, `- email: "a@example.org,b@example.org" is not the address of one mailbox (such as ops@example.org)`},
		{"a mailbox that writes a header", good + "&email=a@example.org%0d%0aBcc:+b@example.org", 400, `- email: "a@example.org%0d%0aBcc:+b@example.org" is garbled`},
		{"a mailbox with a quoted part", good + "&email=%22a,b%22@example.org", 400, "- email: "},
		{"a mailbox at an address literal", good + "&email=root@[127.0.0.1]", 400, "- email: "},
		{"a mailbox with a comment", good + "&email=a@example.org(b@example.org)", 201, "shop is watched"},
		{"a mailbox without a host", good + "&email=root", 400, "- email: "},
		{"a name of two lines", "appname=a%0ab&url=http://192.0.2.7:3000", 400, `- appname: "a%0ab" is garbled`},
		{"a name that is no UTF-8", "appname=%ff&url=http://192.0.2.7:3000", 400, `- appname: "%ff" is garbled`},
		{"a name that is not encoded", "appname=%zz&url=http://192.0.2.7:3000", 400, `- appname: "%zz" is garbled`},
		{"a name that never ends", "appname=" + strings.Repeat("a", 256) + "&url=http://192.0.2.7:3000", 400, "is longer than 255 characters"},
		{"a field twice", good + "&url=http://192.0.2.7:3001", 400, "- url: is there more than once"},
		{"a field a thousand times", good + strings.Repeat("&interval=30", 1000), 400, "- interval: is there more than once"},

		{"below every range", good + "&interval=4&timeout=1&unhealthy_threshold=1&healthy_threshold=1", 406, "- interval: 4s is out of range: 5s to 300s\n- timeout: 1s is out of range: 2s to 60s\n- unhealthy_threshold: 1 is out of range: 2 to 10\n- healthy_threshold: 1 is out of range: 2 to 10"},
		{"beyond every range", good + "&interval=301&timeout=61&unhealthy_threshold=11&healthy_threshold=11", 406, "- interval: 301s is out of range: 5s to 300s\n- timeout: 61s is out of range: 2s to 60s\n- unhealthy_threshold: 11 is out of range: 2 to 10\n- healthy_threshold: 11 is out of range: 2 to 10"},
		{"nought is not nothing", good + "&interval=0&timeout=0.0&unhealthy_threshold=-0", 406, "- interval: 0s is out of range: 5s to 300s\n- timeout: 0s is out of range: 2s to 60s\n- unhealthy_threshold: -0 is out of range: 2 to 10"},
		{"negative", good + "&interval=-30", 406, "- interval: -30s is out of range: 5s to 300s"},
		{"more than an int holds", good + "&interval=99999999999999999999&timeout=9999999999", 406, "- interval: 99999999999999999999s is out of range: 5s to 300s\n- timeout: 9999999999s is out of range: 2s to 60s"},
		{"garbled and out of range: all at once", "url=x&interval=4&timeout=soon&email=y", 400, "- appname: is missing\n- url: this is no URL\n- interval: 4s is out of range\n- timeout: \"soon\" is no whole number\n- email: \"y\" is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, s := newWorld()
			rec := post(h, ann, tt.form)
			if rec.Code != tt.status {
				t.Errorf("status %d, want %d: %s", rec.Code, tt.status, rec.Body)
			}
			for part := range strings.SplitSeq(tt.says, "\n") {
				if !strings.Contains(rec.Body.String(), part) {
					t.Errorf("the answer does not say %q:\n%s", part, rec.Body)
				}
			}
			if did := s.done(); (did != "") != (tt.status == 201) {
				t.Errorf("status %d, and did %q", rec.Code, did)
			}
			if strings.Contains(rec.Body.String(), "secret") {
				t.Error("the answer repeats a password")
			}
			if fields := strings.Count(rec.Body.String(), "\n- "); rec.Code == 406 && fields != strings.Count(tt.says, "- ") {
				t.Errorf("%d fields are named:\n%s", fields, rec.Body)
			}
		})
	}
}

// TestWhatIsAskedFor shows what comes of a form.
func TestWhatIsAskedFor(t *testing.T) {
	h, s := newWorld()
	post(h, ann, "appname=My+Shop&url=http://192.0.2.7:3000&email=Ops+<Ops@example.org>&path=/ready?full=1&interval=60")
	name, title := registration.NameOf("My Shop")
	r, ok := s.Registration(name)
	if !ok {
		t.Fatal("nobody has signed up")
	}
	if r.Spec.Title != title || r.Email != "Ops@example.org" || r.Spec.Path != "/ready?full=1" || r.Spec.Origin != health.FromCompat || time.Duration(r.Spec.Interval) != time.Minute || r.Owner != "address "+ann {
		t.Errorf("it is %+v", r)
	}
}

// TestSigningUpAgain reads like the rules of ownership.
func TestSigningUpAgain(t *testing.T) {
	const form, other = "appname=shop&url=http://:3000", "appname=shop&url=http://:3001"
	h, s := newWorld()
	for _, step := range []struct {
		what   string
		from   string
		form   string
		status health.Status // what is believed of the app by then; empty: as before
		want   int
		did    string
	}{
		{"first", ann, form, "", 201, "created shop"},
		{"the same again", ann, form, "", 302, "restarted shop"},
		{"otherwise", ann, other, "", 302, "changed shop"},
		{"a stranger, nothing is known yet", bob, form, "", 409, ""},
		{"a stranger, it is well", bob, form, health.Healthy, 409, ""},
		{"a stranger, it is ailing", bob, form, health.Degrading, 409, ""},
		{"a stranger, it is down", bob, form, health.Unhealthy, 201, "taken_over shop"},
		{"the one before, it is well", ann, form, health.Healthy, 409, ""},
		{"from this machine, it is well", here, form, "", 409, ""},
	} {
		if step.status != "" {
			s.show("shop", func(st *health.State) { st.Status = step.status })
		}
		rec := post(h, step.from, step.form)
		if did := s.done(); rec.Code != step.want || did != step.did {
			t.Errorf("%s: %d, did %q; want %d, %q: %s", step.what, rec.Code, did, step.want, step.did, rec.Body)
		}
		if rec.Header().Get("Location") != "" {
			t.Errorf("%s: a Location, which the client would follow", step.what)
		}
		if strings.Contains(rec.Body.String(), "token") {
			t.Errorf("%s: speaks of tokens to a client that knows none: %s", step.what, rec.Body)
		}
	}
}

func TestCrashLoopIsSaid(t *testing.T) {
	h, _ := newWorld()
	for range 3 {
		post(h, ann, "appname=shop&url=http://:3000")
	}
	if got := post(h, ann, "appname=shop&url=http://:3000").Body.String(); !strings.Contains(got, "note: it has signed up 3 times within 10m0s: does it crash?") {
		t.Error(got)
	}
}

// TestRefusals shows what each refusal of a registrar is to the old client.
func TestRefusals(t *testing.T) {
	for because, want := range map[registration.Because]int{
		registration.Invalid: 400, registration.Taken: 409, registration.Configured: 409, registration.Forbidden: 403,
		registration.Absent: 404, registration.Full: 403, registration.TooOften: 429, "another": 403,
	} {
		h, s := newWorld()
		s.fails = &registration.Refusal{Because: because, Detail: "a sentence", Retry: 1500 * time.Millisecond}
		rec := post(h, ann, "appname=shop&url=http://:3000")
		if rec.Code != want || !strings.Contains(rec.Body.String(), "a sentence") || rec.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: %d %v %s", because, rec.Code, rec.Header(), rec.Body)
		}
	}
	h, s := newWorld()
	s.fails = errors.New("disk full at /var/lib/secret")
	rec := post(h, ann, "appname=shop&url=http://:3000")
	if rec.Code != 503 || strings.Contains(rec.Body.String(), "secret") || rec.Header().Get("Retry-After") == "" {
		t.Errorf("not kept: %d %s", rec.Code, rec.Body)
	}
}

// TestBodies shows what is read as a form.
func TestBodies(t *testing.T) {
	const form = "appname=shop&url=http://:3000"
	for _, tt := range []struct {
		name    string
		body    string
		headers []string
		status  int
	}{
		{"a form", form, nil, 201},
		{"with a character set", form, []string{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}, 201},
		{"in capitals", form, []string{"Content-Type", "Application/X-WWW-Form-URLencoded"}, 201},
		{"another character set", form, []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-16"}, 415},
		{"JSON", `{"appname":"shop"}`, []string{"Content-Type", "application/json"}, 415},
		{"multipart", "--x\r\n\r\n--x--", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		{"text", form, []string{"Content-Type", "text/plain"}, 415},
		{"no type", form, []string{"Content-Type", "-"}, 415},
		{"a garbled type", form, []string{"Content-Type", ";;"}, 415},
		{"compressed", form, []string{"Content-Encoding", "gzip"}, 415},
		{"as much as may be", form + "&note=" + strings.Repeat("x", maxBody-len(form)-6), nil, 201},
		{"a byte more", form + "&note=" + strings.Repeat("x", maxBody-len(form)-5), nil, 413},
	} {
		h, s := newWorld()
		rec := call{method: http.MethodPost, path: "monitor", body: tt.body, headers: tt.headers}.send(h)
		if rec.Code != tt.status || (s.done() != "") != (tt.status == 201) {
			t.Errorf("%s: %d, want %d: %s", tt.name, rec.Code, tt.status, rec.Body)
		}
	}
}
