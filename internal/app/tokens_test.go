package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
)

// tokensIn returns a path for a token file, and a log that is read as text.
func tokensIn(t *testing.T) (path string, log *slog.Logger, said *bytes.Buffer) {
	t.Helper()
	said = &bytes.Buffer{}
	return filepath.Join(t.TempDir(), "tokens"), slog.New(slog.NewTextHandler(said, nil)), said
}

// expire makes what is known of the file old.
func (t *Tokens) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = time.Time{}
}

// ran runs `token` and returns what it printed.
func ran(o TokenOptions) (out, errs string, err error) {
	var outs, remarks bytes.Buffer
	err = Token(o, &outs, &remarks)
	return outs.String(), remarks.String(), err
}

// TestFirstStart makes a token for the administrator of this machine, and
// tells where its secret is, but not what it is.
func TestFirstStart(t *testing.T) {
	path, log, said := tokensIn(t)
	tokens, err := OpenTokens(path, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + ".admin"} {
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
	secret, err := os.ReadFile(path + ".admin")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(secret))
	if token, ok := tokens.Find(text); !ok || token.Scope != auth.Admin || token.Name != "admin" {
		t.Errorf("the secret of the first token finds %+v, %v", token, ok)
	}
	kept, err := os.ReadFile(path)
	if err != nil || bytes.Contains(kept, []byte(text)) || strings.Contains(said.String(), text) {
		t.Errorf("the secret is in the file or in the log: %v", err)
	}
	if strings.Count(said.String(), path+".admin") != 1 {
		t.Errorf("the log does not say once where the secret is:\n%s", said)
	}
	said.Reset()
	again, err := OpenTokens(path, log)
	if err != nil || said.Len() > 0 {
		t.Fatalf("a second start: %v, and says %q", err, said)
	}
	if _, ok := again.Find(text); !ok {
		t.Error("the token is gone after a second start")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 {
		t.Errorf("there are %d files, %v", len(left), err)
	}
}

// TestTokenFileOfOthers is not trusted: who can write in it is administrator.
func TestTokenFileOfOthers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(path string) error
		want  string // of the error; empty: it is fine
	}{
		{"as it was made", func(string) error { return nil }, ""},
		{"nobody writes", func(p string) error { return os.Chmod(p, 0o400) }, ""},
		{"all may read", func(p string) error { return os.Chmod(p, 0o604) }, "can be read by others (mode 0604)"},
		{"the group may read", func(p string) error { return os.Chmod(p, 0o640) }, "can be read by others (mode 0640)"},
		{"the group may write", func(p string) error { return os.Chmod(p, 0o620) }, "can be changed by others (mode 0620)"},
		{"all may write", func(p string) error { return os.Chmod(p, 0o602) }, "can be changed by others (mode 0602)"},
		{"another user's", func(p string) error { return os.Chown(p, 12345, 12345) }, "belongs to another user (uid 12345)"},
		{"a directory", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, "is no regular file"},
		{"a pipe", func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o600)) }, "is no regular file"},
		{"endless", func(p string) error { return os.Truncate(p, maxPrivate+1) }, "is larger than"},
		{"nonsense", func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) }, "line 1: a token has 4 fields"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, log, _ := tokensIn(t)
			if _, err := makeTokens(path, time.Now()); err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(path); err != nil {
				if errors.Is(err, fs.ErrPermission) {
					t.Skipf("needs root: %v", err)
				}
				t.Fatal(err)
			}
			_, err := OpenTokens(path, log)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTokensAreReadAnew when the file changes, and outlive a wrong file.
func TestTokensAreReadAnew(t *testing.T) {
	path, log, said := tokensIn(t)
	tokens, err := OpenTokens(path, log)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := ran(TokenOptions{Action: "add", Name: "prometheus", File: path})
	if err != nil {
		t.Fatal(err)
	}
	secret = strings.TrimSpace(secret)
	if _, ok := tokens.Find(secret); ok {
		t.Fatal("the file is read for every request")
	}
	tokens.expire()
	if token, ok := tokens.Find(secret); !ok || token.Scope != auth.Read {
		t.Errorf("a new token finds %+v, %v", token, ok)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"wrong":   func() error { return os.WriteFile(path, []byte("prometheus"), 0o600) },
		"for all": func() error { return os.Chmod(path, 0o666) },
		"gone":    func() error { return os.Remove(path) },
	} {
		said.Reset()
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			tokens.expire()
			if _, ok := tokens.Find(secret); !ok || tokens.Err() == nil {
				t.Errorf("%s: the token no longer holds, or all is well: %v", name, tokens.Err())
			}
		}
		if strings.Count(said.String(), "level=ERROR") != 1 {
			t.Errorf("%s: the log says\n%s", name, said)
		}
		if err := writePrivate(path, string(good), nil); err != nil {
			t.Fatal(err)
		}
		tokens.expire()
		if err := tokens.Err(); err != nil {
			t.Errorf("right again after %s: %v", name, err)
		}
	}
	if _, _, err := ran(TokenOptions{Action: "remove", Name: "prometheus", File: path}); err != nil {
		t.Fatal(err)
	}
	tokens.expire()
	if _, ok := tokens.Find(secret); ok {
		t.Error("a token that was removed still holds")
	}
}

// TestTokenCommand reads like a session of an operator.
func TestTokenCommand(t *testing.T) {
	path, _, _ := tokensIn(t)
	for _, tt := range []struct {
		options          TokenOptions
		out, remark, err string // what each begins with, or holds for err
	}{
		{TokenOptions{Action: "list"}, "", "", "no such file"},
		{TokenOptions{Action: "add", Name: "prometheus"}, "prt_", "portreeve: made the token file " + path + "\nportreeve: token prometheus of scope read; this is the only time", ""},
		{TokenOptions{Action: "add", Name: "prometheus"}, "", "", "token prometheus: a token of this name is there already"},
		{TokenOptions{Action: "add", Name: "ann", Scope: "admin"}, "prt_", "portreeve: token ann of scope admin", ""},
		{TokenOptions{Action: "add", Name: "bob", Scope: "amdin"}, "", "", `scope "amdin": unknown scope; scopes are read, register, admin`},
		{TokenOptions{Action: "add", Name: "Bob"}, "", "", "a token's name is lower-case"},
		{TokenOptions{Action: "add"}, "", "", "add needs the name of a token"},
		{TokenOptions{Action: "list"}, "NAME        SCOPE  CREATED\nprometheus  read   20", "", ""},
		{TokenOptions{Action: "list", Name: "x"}, "", "", "list takes no name"},
		{TokenOptions{Action: "remove", Name: "prometheu"}, "", "", `no token has this name: "prometheu"`},
		{TokenOptions{Action: "remove", Name: "ann", Scope: "read"}, "", "", "remove takes no scope"},
		{TokenOptions{Action: "remove", Name: "ann"}, "", "portreeve: token ann is no more", ""},
		{TokenOptions{Action: "lst"}, "", "", `unknown action "lst"`},
	} {
		tt.options.File = path
		out, remark, err := ran(tt.options)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if !strings.HasPrefix(out, tt.out) || tt.out == "" && out != "" || !strings.HasPrefix(remark, tt.remark) || tt.remark == "" && remark != "" || !strings.Contains(said, tt.err) || tt.err == "" && said != "" {
			t.Errorf("%+v:\nout    %q\nremark %q\nerr    %q", tt.options, out, remark, said)
		}
	}
	out, _, err := ran(TokenOptions{Action: "list", JSON: true, File: path})
	var list struct {
		Items []struct{ Name, Scope string }
	}
	if err := errors.Join(err, json.Unmarshal([]byte(out), &list)); err != nil || len(list.Items) != 1 || list.Items[0].Name != "prometheus" || strings.Contains(out, "sha256") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestTokenFileOfServe is found as serve finds it.
func TestTokenFileOfServe(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "portreeve.yaml")
	database := "sqlite:" + filepath.Join(dir, "db", "portreeve.db")
	for _, tt := range []struct{ name, config, database, want string }{
		{"beside the database", "database: " + database + "\n", "", filepath.Join(dir, "db", "portreeve.tokens")},
		{"where the variable says that the database is", "", database, filepath.Join(dir, "db", "portreeve.tokens")},
		{"where the configuration says", "auth: {tokens_file: " + dir + "/tokens}\n", "", filepath.Join(dir, "tokens")},
		{"nowhere", "database: 'memory:'\n", "", ""},
	} {
		if err := os.WriteFile(config, []byte(tt.config), 0o600); err != nil {
			t.Fatal(err)
		}
		env := func(name string) (string, bool) {
			return tt.database, tt.database != "" && name == "PORTREEVE_DATABASE"
		}
		got, err := TokenOptions{Config: config, LookupEnv: env}.ofServer(io.Discard)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

// TestHintsOfToken name what was meant.
func TestHintsOfToken(t *testing.T) {
	path, _, _ := tokensIn(t)
	if _, _, err := ran(TokenOptions{Action: "add", Name: "prometheus", File: path}); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]TokenOptions{
		"did you mean list?":       {Action: "lst"},
		"did you mean admin?":      {Action: "add", Name: "x", Scope: "amdin"},
		"did you mean prometheus?": {Action: "remove", Name: "promethus", File: path},
	} {
		_, _, err := ran(o)
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) || hinted.Hint() != want {
			t.Errorf("%+v: %v, want the hint %q", o, err, want)
		}
	}
}

// TestTokenFileKeepsItsOwner and its comments and mode, when root changes that
// of a server that is not root; and a link to it stays a link.
func TestTokenFileKeepsItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path, _, _ := tokensIn(t)
	if err := os.WriteFile(path, []byte("# ours\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 0, 4321); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ran(TokenOptions{Action: "add", Name: "prometheus", File: link}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Gid != 4321 || info.Mode() != 0o600 {
		t.Errorf("the group is %d, the mode %v", s.Gid, info.Mode())
	}
	if text, err := os.ReadFile(link); err != nil || !strings.HasPrefix(string(text), "# ours\nprometheus  read  ") {
		t.Errorf("%v: %s", err, text)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
}

// TestTokensAddedAtOnce are all there: who change one file take turns.
func TestTokensAddedAtOnce(t *testing.T) {
	path, _, _ := tokensIn(t)
	if _, _, err := ran(TokenOptions{Action: "add", Name: "first", File: path}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if _, _, err := ran(TokenOptions{Action: "add", Name: fmt.Sprintf("t%d", i), File: path}); err != nil {
				t.Errorf("token %d: %v", i, err)
			}
		})
	}
	group.Wait()
	file, _, err := readTokens(path, trustForServe())
	if err != nil || len(file.Tokens()) != 21 {
		t.Fatalf("%d tokens, %v", len(file.Tokens()), err)
	}
}
