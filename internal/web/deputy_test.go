package web

import "testing"

// TestAChecksAddressIsNobodys: who signs a check up chooses what is asked from
// this machine, so that it comes from here says nothing of who wants it. A token
// that the configuration lets a check send does.
func TestAChecksAddressIsNobodys(t *testing.T) {
	p := newReception(t)
	check := func(more ...string) []string { return append([]string{"User-Agent", "portreeve"}, more...) }
	for _, tt := range []struct {
		from, method, path string
		headers            []string
		want               int
	}{
		{here, "GET", "/", nil, 200},
		{here, "GET", "/", check(), 401},
		{here, "GET", "/metrics", check(), 401},
		{here, "GET", "/api/v1/machine", check(), 401},
		{here, "GET", "/api/v1/checks/app/registration", check(), 401},
		{inside, "GET", "/api/v1/checks/app/registration", nil, 200},
		{inside, "GET", "/api/v1/checks/app/registration", check(), 401}, // of another portreeve, at the app's address
		{here, "DELETE", "/api/v1/checks/app", check(), 401},
		{here, "GET", "/api/v1/machine", check(bearer("read")...), 200},
		{here, "GET", "/healthz", check(), 200},
		{inside, "GET", "/healthz", check(), 401},
		{here, "HEAD", "/healthz", check(), 200},
	} {
		if code, answer := p.call(tt.from, tt.method, tt.path, "", tt.headers...); code != tt.want {
			t.Errorf("%s %s from %s with %v: %d, want %d: %s", tt.method, tt.path, tt.from, tt.headers, code, tt.want, answer)
		}
	}
	if n := p.done(); n != 0 {
		t.Errorf("%d things were done", n)
	}
	p.call(here, "GET", "/healthchecker/stop?appname=app", "", check()...)
	if len(p.compat) != 1 || p.compat[0].Local || p.compat[0].Addr.IsValid() {
		t.Errorf("old endpoints are called by %+v, want nobody", p.compat)
	}
}

// TestEveryProxyIsNoticed: whichever header it is by which a proxy says so.
func TestEveryProxyIsNoticed(t *testing.T) {
	p := newReception(t)
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
		"X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
	} {
		if code, answer := p.call(here, "GET", "/api/v1/machine", "", name, ""); code != 401 {
			t.Errorf("with %s: %d, want 401: %s", name, code, answer)
		}
	}
}
