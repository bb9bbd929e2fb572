package compat

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/registration"
)

// TestMailboxes reads like the rule: three a day by one address, thirty-two in all,
// and no news is always good.
func TestMailboxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newWorld()
		sign := func(from, app, email string) int {
			t.Helper()
			return post(h, from, fmt.Sprintf("appname=%s&url=http://:3000&email=%s", app, email)).Code
		}
		want := func(what string, got, want int) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %d, want %d", what, got, want)
			}
		}
		want("the first", sign(ann, "a", "a@example.org"), 201)
		want("the second", sign(ann, "b", "b@example.org"), 201)
		want("the third", sign(ann, "c", "c@example.org"), 201)
		want("the fourth", sign(ann, "d", "d@example.org"), 429)
		want("one of them again", sign(ann, "d", "B@example.org"), 201)
		want("the same app, the same mailbox", sign(ann, "a", "a@example.org"), 302)
		want("the same app, another mailbox", sign(ann, "a", "z@example.org"), 429)
		want("none", sign(ann, "e", ""), 201)
		want("an address of its own", sign(bob, "f", "d@example.org"), 201)
		want("a neighbour of the same /64", sign(carol, "g", "a@example.org")+sign("2001:db8::8", "h", "b@example.org")+sign("2001:db8::9", "i", "c@example.org"), 3*201)
		want("and once more", sign("2001:db8::a", "j", "d@example.org"), 429)

		for i := range 28 { // a, b, c and d are known
			want("a crowd", sign(fmt.Sprintf("192.0.2.%d", 100+i), fmt.Sprint("x", i), fmt.Sprintf("x%d@example.org", i)), 201)
		}
		want("the thirty-third", sign("192.0.2.200", "y", "y@example.org"), 429)
		want("one that is known", sign("192.0.2.200", "y", "x0@example.org"), 201)

		time.Sleep(mailboxMemory + time.Second)
		want("the next day", sign(ann, "d2", "d2@example.org"), 201)
	})
}

func TestMailboxesAreSaidInWords(t *testing.T) {
	h, s := newWorld()
	for i := range 4 {
		s.done()
		rec := post(h, ann, fmt.Sprintf("appname=a%d&url=http://:3000&email=a%d@example.org", i, i))
		if i < 3 {
			continue
		}
		if rec.Code != 429 || rec.Header().Get("Retry-After") == "" || s.done() != "" || !strings.Contains(rec.Body.String(), "one address may name 3 mailboxes a day, and yours has.") {
			t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
	}
}

// TestMailboxIsGivenBack shows that who is refused has named nobody.
func TestMailboxIsGivenBack(t *testing.T) {
	h, s := newWorld()
	s.fails = &registration.Refusal{Because: registration.Full}
	for i := range 50 {
		if rec := post(h, ann, fmt.Sprintf("appname=a&url=http://:3000&email=a%d@example.org", i)); rec.Code != 403 {
			t.Fatalf("%d: %d %s", i, rec.Code, rec.Body)
		}
	}
	s.fails = nil
	if rec := post(h, ann, "appname=a&url=http://:3000&email=a@example.org"); rec.Code != 201 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// TestMailboxesAreBounded shows that a crowd makes them grow no further.
func TestMailboxesAreBounded(t *testing.T) {
	m := newMailboxes()
	now := time.Now()
	refused := 0
	for i := range 3 * maxMailboxCallers {
		by := registration.Caller{Token: fmt.Sprint(i)}
		if _, wait, said := m.take(by.Key(), "ops@example.org", now); said != "" && wait > 0 {
			refused++
		}
	}
	if len(m.callers) != maxMailboxCallers || refused != 2*maxMailboxCallers {
		t.Errorf("%d callers are remembered, %d refused", len(m.callers), refused)
	}
	m.take(registration.Caller{Token: "x"}.Key(), "x@example.org", now.Add(mailboxMemory))
	if len(m.callers) != 1 || len(m.all) != 1 {
		t.Errorf("a day later %d callers and %d mailboxes are remembered", len(m.callers), len(m.all))
	}
}
