package discovery

import (
	"strings"
	"testing"
)

func TestNameAsText(t *testing.T) {
	for _, tt := range []struct {
		labels []string
		want   string
	}{
		{[]string{"shop"}, "shop.local"},
		{[]string{"Mr. Smith's", "_http", "_tcp"}, `Mr\. Smith's._http._tcp.local`},
		{[]string{`back\slash`}, `back\\slash.local`},
		{[]string{"größe"}, "größe.local"},
		{[]string{"a\x00\x1b\x7f"}, `a\000\027\127.local`},
	} {
		if got := local.under(tt.labels...).String(); got != tt.want {
			t.Errorf("%q is %s, want %s", tt.labels, got, tt.want)
		}
	}
}

// Names are the same whatever the case of their ASCII letters, and no others.
func TestFold(t *testing.T) {
	if a, b := local.under("Shop-Ä"), local.under("sHOP-Ä"); a.fold() != b.fold() {
		t.Errorf("%q and %q differ", a.fold(), b.fold())
	}
	if a, b := local.under("ä"), local.under("Ä"); a.fold() == b.fold() {
		t.Errorf("%q and %q are the same", a.fold(), b.fold())
	}
}

func TestTypeName(t *testing.T) {
	for _, s := range []string{"_http._tcp", "_portreeve._tcp", "_a-1._udp", "_abcdefghijklmno._tcp"} {
		if n, err := typeName(s); err != nil || n.String() != s+".local" {
			t.Errorf("%s is %s, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "http", "_http", "_http._sctp", "_._tcp", "http._tcp", "_ht tp._tcp", "_http._tcp.local", "_abcdefghijklmnop._tcp", "_größe._tcp"} {
		if n, err := typeName(s); err == nil {
			t.Errorf("%q is %s", s, n)
		}
	}
}

// A name that is taken gets a number, and stays a label.
func TestRename(t *testing.T) {
	long := strings.Repeat("ä", 31)
	for _, tt := range []struct {
		name  string
		claim claim
		want  string
	}{
		{"an instance", claim{base: "hall", number: 2}, "hall (2)"},
		{"again", claim{base: "hall", number: 11}, "hall (11)"},
		{"a host", claim{base: "shop", number: 2, isHost: true}, "shop-2"},
		{"as asked for", claim{base: "shop"}, "shop"},
		{"a long one", claim{base: long, number: 10}, strings.Repeat("ä", 29) + " (10)"},
	} {
		if got := tt.claim.label(); got != tt.want || len(got) > maxLabel {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{
		"shop": "shop", "shop.example.com": "shop", "my_shop": "my-shop", "größe": "gr--e", "-x-": "x",
		strings.Repeat("a", 70): strings.Repeat("a", 63),
	} {
		c, err := claimHost(in)
		if err != nil || c.label() != want {
			t.Errorf("%q is %+v, %v; want %s", in, c, err, want)
		}
	}
	for _, in := range []string{"", "...", "_", "ä"} {
		if c, err := claimHost(in); err == nil {
			t.Errorf("%q is %s", in, c.label())
		}
	}
}

func TestServicesThatAreNone(t *testing.T) {
	many := map[string]string{}
	for _, c := range "abcdefgh" {
		many[string(c)] = strings.Repeat("x", 200)
	}
	for _, tt := range []struct {
		service Service
		want    string
	}{
		{Service{"", "_http._tcp", 80, nil}, `service instance ""`},
		{Service{"a\nb", "_http._tcp", 80, nil}, "control characters"},
		{Service{"\xff", "_http._tcp", 80, nil}, "UTF-8"},
		{Service{strings.Repeat("a", 64), "_http._tcp", 80, nil}, "1 to 63 bytes"},
		{Service{"a", "http", 80, nil}, `service type "http"`},
		{Service{"a", "_http._tcp", 0, nil}, "port 0"},
		{Service{"a", "_http._tcp", 80, map[string]string{"a=b": ""}}, `text key "a=b"`},
		{Service{"a", "_http._tcp", 80, map[string]string{"": ""}}, `text key ""`},
		{Service{"a", "_http._tcp", 80, map[string]string{"k": strings.Repeat("x", 254)}}, "256 bytes, at most 255"},
		{Service{"a", "_http._tcp", 80, many}, "at most 1300"},
	} {
		err := (&Responder{Host: "shop", Services: []Service{tt.service}}).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.service, err, tt.want)
		}
	}
	twice := []Service{hall(1), hall(2)}
	if err := (&Responder{Host: "shop", Services: twice}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "two services") {
		t.Errorf("two services of one name: %v", err)
	}
	if err := Browse(t.Context(), "http", nil); err == nil {
		t.Error("browses for http")
	}
}

// Of a key given twice the first counts, a key without a value is there, and what
// has no key is nothing (RFC 6763, 6.4).
func TestText(t *testing.T) {
	got := unpackText("\x03A=b\x03a=c\x04flag\x02=x\x00\x05e=f=g")
	if len(got) != 3 || got["a"] != "b" || got["e"] != "f=g" {
		t.Errorf("got %v", got)
	}
	if v, ok := got["flag"]; v != "" || !ok {
		t.Errorf("flag is %q, %v", v, ok)
	}
	if packed, err := packText(nil); packed != "\x00" || err != nil {
		t.Errorf("no text is %q, %v", packed, err)
	}
}
