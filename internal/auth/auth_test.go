package auth

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScopes reads like the rule: who has the scope of a line may do what
// stands in it.
func TestScopes(t *testing.T) {
	for has, may := range map[Scope]string{
		Read:     "read",
		Register: "read register",
		Admin:    "read register admin",
		"":       "",
		"root":   "",
	} {
		for _, wants := range append(Scopes(), "", "root") {
			if got, want := has.Includes(wants), wants != "" && strings.Contains(may, string(wants)); got != want {
				t.Errorf("%q includes %q: %v", has, wants, got)
			}
		}
	}
}

var then = time.Date(2026, 3, 1, 9, 30, 0, 999, time.FixedZone("", 3600))

// mint makes a token from bytes that all are b.
func mint(t *testing.T, name string, scope Scope, b byte) (Token, string) {
	t.Helper()
	token, secret, err := Mint(name, scope, then, bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func TestMint(t *testing.T) {
	for _, b := range []byte{0, 1, 127, 255} {
		token, secret := mint(t, "prometheus", Read, b)
		if !Minted(secret) || len(secret) != 47 || strings.ContainsAny(secret[4:], "-_+/=. ") {
			t.Errorf("the secret of %d is %q", b, secret)
		}
		if token.Hash != HashOf(secret) || token.Name != "prometheus" || token.Scope != Read || token.Created.Format(time.RFC3339Nano) != "2026-03-01T08:30:00Z" {
			t.Errorf("the token of %d is %+v", b, token)
		}
	}
	_, zero := mint(t, "a", Read, 0)
	_, most := mint(t, "a", Read, 255)
	if zero != Prefix+strings.Repeat("0", 43) || most == zero {
		t.Errorf("no bits give %s, all bits give %s", zero, most)
	}
	for name, try := range map[string]func() (Token, string, error){
		"no name":       func() (Token, string, error) { return Mint("", Read, then, bytes.NewReader(make([]byte, 32))) },
		"a wild name":   func() (Token, string, error) { return Mint("A b", Read, then, bytes.NewReader(make([]byte, 32))) },
		"no scope":      func() (Token, string, error) { return Mint("a", "", then, bytes.NewReader(make([]byte, 32))) },
		"little chance": func() (Token, string, error) { return Mint("a", Read, then, bytes.NewReader(make([]byte, 31))) },
	} {
		if token, secret, err := try(); err == nil || secret != "" || token != (Token{}) {
			t.Errorf("%s: %v %q %v", name, token, secret, err)
		}
	}
}

func TestFile(t *testing.T) {
	ann, annSecret := mint(t, "ann", Admin, 1)
	prom, promSecret := mint(t, "prometheus", Read, 2)
	f, err := NewFile().With(ann)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = f.With(prom); err != nil {
		t.Fatal(err)
	}
	if _, err := f.With(ann); !errors.Is(err, ErrNameTaken) {
		t.Errorf("a second ann: %v", err)
	}
	back, err := Parse(f.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Token{ann, prom}, back.Tokens()); diff != "" {
		t.Error(diff)
	}
	for secret, want := range map[string]string{annSecret: "ann", promSecret: "prometheus", "": "", annSecret + " ": "", annSecret[:46]: "", ann.Hash.String(): ""} {
		if got, ok := back.Find(secret); got.Name != want || ok != (want != "") {
			t.Errorf("the secret %q finds %+v, %v", secret, got, ok)
		}
	}
	less, err := back.Without("ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := less.Find(annSecret); ok || strings.Contains(less.String(), "ann ") || !strings.HasPrefix(less.String(), "# Tokens of portreeve") {
		t.Errorf("without ann it is\n%s", less)
	}
	if _, ok := back.Find(annSecret); !ok {
		t.Error("the file before the change has changed, too")
	}
	if _, err := less.Without("ann"); !errors.Is(err, ErrNoSuchToken) {
		t.Errorf("a second time without ann: %v", err)
	}
}

// TestParse reads like an operator's mistakes.
func TestParse(t *testing.T) {
	hash := HashOf("x").String()
	other := HashOf("y").String()
	for _, tt := range []struct {
		name, text, want string // want: the errors, or the names that are found
	}{
		{"nothing", "", ""},
		{"comments and blank lines", "# one\n\n  # two\n", ""},
		{"one token", "ann admin 2026-03-01T09:30:00Z " + hash + "\n", "ann"},
		{"no line break at the end, tabs, CRLF", "ann\tadmin\t2026-03-01T09:30:00+01:00  " + hash + "\r\n  bob read 2026-03-01T09:30:00Z " + other, "ann bob"},
		{"a field too few", "ann admin " + hash, "line 1: a token has 4 fields, name, scope, time and hash, and here are 3"},
		{"a name with capitals", "# x\nAnn admin 2026-03-01T09:30:00Z " + hash, "line 2: a token's name is lower-case letters, digits, dots, dashes and underscores, 63 at most, a letter or digit first"},
		{"a wrong scope", "ann root 2026-03-01T09:30:00Z " + hash, "line 1: unknown scope; scopes are read, register, admin"},
		{"a wrong time", "ann admin yesterday " + hash, "line 1: the third field is no time, such as 2026-03-01T09:30:00Z"},
		{"a short hash", "ann admin 2026-03-01T09:30:00Z " + hash[:70], "line 1: the last field is no hash: sha256: and 64 hexadecimal digits"},
		{"a long hash", "ann admin 2026-03-01T09:30:00Z " + hash + "0", "line 1: the last field is no hash: sha256: and 64 hexadecimal digits"},
		{"a hash without its kind", "ann admin 2026-03-01T09:30:00Z " + hash[7:], "line 1: the last field is no hash: sha256: and 64 hexadecimal digits"},
		{"a secret for a hash", "ann admin 2026-03-01T09:30:00Z prt_SECRET", "line 1: the last field is no hash: sha256: and 64 hexadecimal digits"},
		{"a secret for a name", "prt_SECRET admin 2026-03-01T09:30:00Z " + hash, "line 1: a token's name is lower-case letters, digits, dots, dashes and underscores, 63 at most, a letter or digit first"},
		{"a name twice", "ann admin 2026-03-01T09:30:00Z " + hash + "\nann read 2026-03-01T09:30:00Z " + other, "line 2: the name ann is there twice"},
		{"a hash twice", "ann admin 2026-03-01T09:30:00Z " + hash + "\nbob read 2026-03-01T09:30:00Z " + hash, "line 2: the hash of bob is there twice"},
		{"two mistakes", "ann\n\nbob x 2026-03-01T09:30:00Z " + hash, "line 1: a token has 4 fields, name, scope, time and hash, and here are 1; line 3: unknown scope; scopes are read, register, admin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				var names []string
				for _, token := range f.Tokens() {
					names = append(names, token.Name)
				}
				got = strings.Join(names, " ")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(got, "SECRET") {
				t.Error("the error repeats a secret")
			}
		})
	}
}

// FuzzParse: whatever a file holds, reading what was read gives the same, and
// adding and removing leave the other lines as they are.
func FuzzParse(f *testing.F) {
	f.Add("# one\n\nann admin 2026-03-01T09:30:00Z " + HashOf("x").String() + "\r\n")
	f.Add("ann  read  2026-03-01T09:30:00+01:00 sha256:00\n\xff\x00")
	token, secret, err := Mint("zz-new", Read, then, bytes.NewReader(make([]byte, 32)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse(text)
		if err != nil {
			if file != nil || err.Error() == "" {
				t.Fatalf("%v and %q", file, err)
			}
			return
		}
		again, err := Parse(file.String())
		if err != nil || !cmp.Equal(file.Tokens(), again.Tokens()) {
			t.Fatalf("%q is read differently from %q: %v", file, text, err)
		}
		more, err := file.With(token)
		if err != nil {
			return // the fuzzer has found the name
		}
		if found, ok := more.Find(secret); !ok || found != token {
			t.Fatalf("%+v, %v", found, ok)
		}
		less, err := more.Without(token.Name)
		if err != nil || less.String() != file.String() {
			t.Fatalf("%v: %q became %q", err, file, less)
		}
	})
}
