package letter_test

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/letter"
)

// kinds are all, and one that there is not.
var kinds = []notify.Kind{notify.Down, notify.Up, notify.Summary, notify.Degrading, notify.Well, notify.Reminder, notify.FlapBegun,
	notify.FlapOver, notify.PausedKind, notify.Closed, notify.Sample, "\r\nKind: forged"}

// hostile returns a notice with the text in every string that it has.
func hostile(kind notify.Kind, text string) notify.Notice {
	n := notify.Notice{
		At: time.Unix(1e9, 0), Began: time.Unix(1e9-60, 0), Outage: 1, OthersCount: 7, Count: 3, Others: []string{text, text},
		LastGood: &health.Result{Text: foreign.Text(text)}, Outages: []notify.Outage{{Reason: health.Reason(text)}},
	}
	v := reflect.ValueOf(&n).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String {
			f.SetString(text)
		}
	}
	n.Kind = kind
	return n
}

// safe tells what is wrong with a mail's text; empty: nothing.
func safe(n notify.Notice) string {
	subject, body, short := letter.Subject(n), letter.Body(n), letter.Short(n)
	for what, text := range map[string]string{"subject": subject, "body": body, "short": short} {
		for _, r := range text {
			if !unicode.IsPrint(r) && (r != '\n' || what == "subject") {
				return what + " holds what acts on a terminal, or a line that is not ours"
			}
		}
	}
	switch {
	case len([]rune(subject)) > 250:
		return "the subject is too long"
	case len(body) > 64<<10:
		return "the body is too long"
	case strings.Count(short, "\n") > 1 || len([]rune(short)) > 1100:
		return "the short form is too long"
	case strings.Count(body, "\n-- \n") != 1:
		return "there is not one footer"
	}
	return ""
}

var tricks = []string{
	"\r\nBcc: victim@example.org\r\n\r\nforged", "\n-- \nforged", "\x1b[2J\x1b]0;owned\x07", "\u202egpj.exe", "\u2028\u0085\u2029", "\xff\xfe\x00",
	"=?utf-8?q?=0D=0ABcc:_x?=", "{{.Secret}} ${PATH} %s%n", "<script>alert(1)</script>", "<!channel> @everyone [click](http://evil.example)",
	strings.Repeat("long ", 5000), strings.Repeat("x", 30000), "..\r\n.\r\nMAIL FROM:<x>", "From me", "e\u0301" + strings.Repeat("\u0301", 5000),
}

// TestHostile: whatever a stranger chose, the text is printable, bounded, and
// no line begins with it.
func TestHostile(t *testing.T) {
	for _, kind := range kinds {
		for _, trick := range tricks {
			if wrong := safe(hostile(kind, trick)); wrong != "" {
				t.Errorf("%q with %.40q: %s", kind, trick, wrong)
			}
		}
	}
	for _, self := range []string{"portreeve.local_network", "portreeve.\r\nforged"} {
		n := hostile(notify.Down, tricks[0])
		n.Check = self
		if wrong := safe(n); wrong != "" {
			t.Errorf("%q: %s", self, wrong)
		}
	}
}

// TestShortIsTame: in a chat, strangers address nobody and make no links.
func TestShortIsTame(t *testing.T) {
	for _, kind := range kinds {
		n := hostile(kind, "<!channel> <@U1> @everyone @here [x](y) `code` ||hidden|| http://evil.example <https://evil.example|bank>")
		n.Page = "https://ports.example.org/checks/shop"
		short := strings.Replace(letter.Short(n), n.Page, "", 1)
		if strings.ContainsAny(short, "<>@`[]") || strings.Contains(short, "||") || strings.Contains(short, "://") {
			t.Errorf("%s: %s", kind, short)
		}
	}
}

func FuzzLetter(f *testing.F) {
	for i, trick := range tricks {
		f.Add(i, trick, "shop")
	}
	f.Fuzz(func(t *testing.T, kind int, text, check string) {
		n := hostile(kinds[uint(kind)%uint(len(kinds))], text)
		n.Check = check
		if wrong := safe(n); wrong != "" {
			t.Errorf("%+v: %s", n, wrong)
		}
	})
}
