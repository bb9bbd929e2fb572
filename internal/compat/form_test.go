package compat

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// FuzzForm reads any bytes as a form: what is asked for is one line each and within
// the rules, or named as wrong, shortly.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"appname=shop&url=http%3A%2F%2F192.0.2.7%3A3000&email=ops%40example.org&timeout=5&interval=30&unhealthy_threshold=2&healthy_threshold=10",
		"appname=B%C3%BCcher&url=http://[2001:db8::1%25eth0]:80/&interval=30.0", "appname=%00&url=%&email=a%0d%0ab", "url&url&&=&%zz", "appname=a;url=b", "interval=1e309&timeout=-9223372036854775809",
	} {
		f.Add(seed)
	}
	by := callerAt(ann)
	f.Fuzz(func(t *testing.T, raw string) {
		parsed, wrong := parseForm(raw)
		for name, value := range parsed {
			if !slices.Contains(fieldNames(), name) || value == "" || strings.ContainsFunc(value, unicode.IsControl) {
				t.Errorf("%q is read as %s = %q", raw, name, value)
			}
		}
		want, wrong := requestOf(parsed, wrong, by)
		p := refusal{status: fieldsStatus(wrong), detail: "wrong", fields: wrong}
		if n := len(p.String()); n > 16<<10 || n > 4<<10+8*len(raw) {
			t.Errorf("the refusal of %d bytes is %d long", len(raw), n)
		}
		if len(wrong) > 0 {
			return
		}
		if _, _, more := want.Define(by, registration.Terms{}); len(more) > 0 {
			t.Errorf("%q is taken, and wrong: %v", raw, more)
		}
		target, err := url.Parse(want.Target)
		if err != nil || target.Scheme != "http" && target.Scheme != "https" || strings.ContainsAny(want.Email, "\r\n ,;<>\"") {
			t.Errorf("%q asks for %+v", raw, want)
		}
	})
}

func callerAt(addr string) registration.Caller {
	r := call{from: addr}.request()
	by := callerOf(r)
	by.Compat = true
	return by
}

// TestGarbledNamesAreShort keeps a form from making an answer that is longer than
// itself.
func TestGarbledNamesAreShort(t *testing.T) {
	h, _ := newWorld()
	body := strings.Repeat("appname=%zz&appname=%ff&url=%zz&", 1500)
	rec := post(h, ann, body)
	if rec.Code != http.StatusBadRequest || rec.Body.Len() > 1000 {
		t.Errorf("%d, %d bytes: %s", rec.Code, rec.Body.Len(), rec.Body)
	}
}

func TestFieldsStatus(t *testing.T) {
	far, bad := health.FieldError{OutOfRange: true}, health.FieldError{}
	for _, tt := range []struct {
		fields []health.FieldError
		want   int
	}{{nil, 400}, {[]health.FieldError{far}, 406}, {[]health.FieldError{far, far}, 406}, {[]health.FieldError{far, bad}, 400}, {[]health.FieldError{bad}, 400}} {
		if got := fieldsStatus(tt.fields); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.fields, got, tt.want)
		}
	}
}
