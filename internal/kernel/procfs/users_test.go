package procfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/foreign"
)

func names(path string) *users {
	return &users{fs: New("/proc"), path: path, names: map[uint32]foreign.Text{}}
}

func TestUserNames(t *testing.T) {
	u := names("testdata/passwd")
	for uid, want := range map[uint32]foreign.Text{
		0:         "root", // not toor: the first line counts
		1001:      "deploy",
		113:       "postgres",
		65534:     "nobody",
		1002:      "1002", // the line is cut short
		1003:      "1003", // no name
		4242:      "4242",
		1<<32 - 1: "4294967295",
	} {
		if got := u.name(uid); got != want {
			t.Errorf("user %d is %q, want %q", uid, got, want)
		}
	}
}

func TestUserNamesFollowTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	u := names(path)
	u.refresh()
	if got := u.name(7); got != "7" {
		t.Errorf("without a file, user 7 is %q", got)
	}
	write(t, filepath.Dir(path), "passwd", "seven:x:7:7::/:\n")
	if !u.refresh() || u.name(7) != "seven" {
		t.Errorf("a new file was not read: user 7 is %q", u.name(7))
	}
	if u.refresh() {
		t.Error("the same file counts as new")
	}
	write(t, filepath.Dir(path), "next", "sieben:x:7:7::/:\n")
	if err := os.Rename(path[:len(path)-len("passwd")]+"next", path); err != nil { // as usermod(8) replaces it
		t.Fatal(err)
	}
	if !u.refresh() || u.name(7) != "sieben" {
		t.Errorf("a replaced file was not read: user 7 is %q", u.name(7))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !u.refresh() || u.name(7) != "7" {
		t.Errorf("after removal user 7 is %q", u.name(7))
	}
}

func TestUserNamesAreBounded(t *testing.T) {
	u := names("testdata/missing")
	for uid := range uint32(3 * most) {
		u.name(uid)
	}
	if len(u.names) > most {
		t.Errorf("%d names are remembered", len(u.names))
	}
}

func FuzzPasswd(f *testing.F) {
	for _, passwd := range fixtures(f, "passwd") {
		for line := range strings.Lines(passwd) {
			f.Add(line)
		}
	}
	f.Add("root:x:0:0:root:/root:/bin/bash")
	f.Add("+nis::::::")
	f.Fuzz(func(t *testing.T, line string) {
		name, _, ok := parseUser([]byte(line))
		if ok && (len(name) == 0 || strings.Contains(string(name), ":") || !strings.HasPrefix(line, string(name)+":")) {
			t.Errorf("%q names %q", line, name)
		}
	})
}
