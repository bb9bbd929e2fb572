package registration

import (
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

func TestNameOf(t *testing.T) {
	long := strings.Repeat("n", 64)
	for text, want := range map[string][2]string{ // up to the hash
		"api":              {"api", ""},
		"shop-api.v2_x":    {"shop-api.v2_x", ""},
		"API":              {"api-", "API"},
		"My  App (test)":   {"my-app-test-", "My  App (test)"},
		"a/b":              {"a-b-", "a/b"},
		"a-b":              {"a-b", ""},
		" api ":            {"api-", " api "},
		"-api":             {"api-", "-api"},
		"Größe":            {"gr-e-", "Größe"},
		"日本":               {"app-", "日本"},
		"a\nb\x1b[31m":     {"a-b-31m-", `a\nb\x1b[31m`},
		"portreeve.self":   {"portreeve-self-", "portreeve.self"},
		"api-0123abcd":     {"api-0123abcd-", "api-0123abcd"},
		long:               {long[:54] + "-", long},
		long[:63]:          {long[:63], ""},
		"../../etc/passwd": {"etc-passwd-", "../../etc/passwd"},
		"":                 {"", ""},
	} {
		name, title := NameOf(text)
		if title != want[1] || !strings.HasPrefix(name, want[0]) || title != "" && len(name) != len(want[0])+hashDigits || title == "" && name != want[0] {
			t.Errorf("NameOf(%q) = %q, %q, want %q", text, name, title, want)
		}
	}
	if _, title := NameOf(strings.Repeat("ü", 1000)); len([]rune(title)) != maxTitle {
		t.Errorf("title of %d letters", len([]rune(title)))
	}
}

// FuzzNameOf: every name is one that a check may have, and no two texts of a run
// share one.
func FuzzNameOf(f *testing.F) {
	f.Add("api", "API")
	f.Add("My App", "my-app")
	f.Add("portreeve.x", "portreeve-x")
	one, _ := NameOf("API")
	f.Add("API", one)
	f.Fuzz(func(t *testing.T, a, b string) {
		name, title := NameOf(a)
		other, _ := NameOf(b)
		if a != b && name == other {
			t.Fatalf("%q and %q are both %q", a, b, name)
		}
		if again, _ := NameOf(a); again != name {
			t.Fatalf("%q is %q and %q", a, name, again)
		}
		spec := health.Spec{Name: name, Title: title, Target: "tcp://h:1", Origin: health.FromCompat}.WithDefaults(defaults())
		if wrong := spec.Validate(); a != "" && len(wrong) > 0 {
			t.Fatalf("%q is %q: %v", a, name, wrong)
		}
		q := Request{Name: name, Title: title, Target: "tcp://h:1"}
		if _, _, wrong := q.Define(Caller{Compat: true}, Terms{}); a != "" && len(wrong) > 0 {
			t.Fatalf("%q is %q, %q: %v", a, name, title, wrong)
		}
	})
}
