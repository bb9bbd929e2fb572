package portreeve_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/portreeve/portreeve/"

// floors is the building plan: a package may import only what its line names,
// of ours. It is a statement of policy. Change it in review, never to fix a
// build.
const floors = `
internal/foreign           :
internal/auth              :
internal/port              : internal/foreign
internal/health            : internal/foreign
internal/registration      : internal/foreign internal/auth internal/health
internal/event             : internal/foreign internal/port internal/health
internal/history           : internal/foreign internal/health internal/event
internal/board             : internal/foreign internal/port internal/health internal/event

internal/kernel/sockdiag   :
internal/kernel/procfs     : internal/foreign internal/port
internal/kernel            : internal/foreign internal/port internal/kernel/sockdiag internal/kernel/procfs
internal/canary            : internal/foreign internal/health
internal/config            : internal/foreign internal/port internal/health
internal/probe/reach       : internal/foreign internal/health
internal/probe/expect      : internal/foreign internal/port internal/health
internal/probe             : internal/foreign internal/health internal/probe/reach internal/probe/expect
internal/watch             : internal/foreign internal/port internal/health internal/event
internal/journal           : internal/foreign internal/port internal/health internal/event internal/history
internal/journal/journaltest : internal/foreign internal/port internal/health internal/event internal/history internal/journal
internal/mirror            : internal/foreign internal/health internal/event
internal/mirror/mirrortest : internal/foreign internal/port internal/health internal/event internal/mirror
internal/registry          : internal/foreign internal/auth internal/health internal/registration internal/event
internal/heartbeat         : internal/foreign internal/health internal/event
internal/discovery         :
internal/rollup            : internal/health internal/history
internal/notify            : internal/foreign internal/port internal/health internal/event
internal/notify/redact     : internal/foreign
internal/notify/answer     : internal/notify
internal/notify/answertest : internal/foreign internal/health internal/notify
internal/notify/letter     : internal/foreign internal/health internal/notify
internal/notify/mail       : internal/foreign internal/health internal/notify internal/notify/letter internal/notify/redact
internal/notify/webhook    : internal/health internal/notify internal/notify/answer internal/notify/letter internal/notify/redact
internal/notify/chat       : internal/foreign internal/notify internal/notify/answer internal/notify/letter internal/notify/redact
internal/metrics           : internal/foreign internal/port internal/health internal/board
internal/web               : internal/auth internal/foreign internal/port internal/health internal/registration internal/event internal/history internal/board
internal/compat            : internal/foreign internal/health internal/registration internal/board
internal/term              : internal/foreign internal/port internal/health internal/event internal/board

client                     : internal/discovery
client/example             : client

internal/app               : *
cmd/portreeve              : internal/app
e2e/portopener             :
e2e/smtpsink               :
e2e/fakeapi                : e2e/fakeapi/api
e2e/fakeapi/api            :
e2e/debian                 :
`

// pure packages do no I/O and read no clock: these standard packages are
// closed to them.
var pure = map[string]string{
	"internal/foreign": closed, "internal/auth": closed, "internal/port": closed, "internal/health": closed, "internal/registration": closed, "internal/event": closed, "internal/history": closed, "internal/board": closed,
}

const closed = "os net net/http os/exec syscall log log/slog"

// lean packages are what an app builds into itself with client: of the modules of
// others they import only these packages.
var lean = map[string]string{
	"client": "", "client/example": "", "internal/discovery": "golang.org/x/sys/unix",
}

func TestFloors(t *testing.T) {
	allowed := plan()
	documented := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipped(d.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		documented[dir] = documented[dir] || f.Doc != nil
		deps, ok := allowed[dir]
		if !ok {
			t.Errorf("%s: package is not in the plan", dir)
			return nil
		}
		for _, imp := range f.Imports {
			p, _ := strconv.Unquote(imp.Path.Value)
			if why := objection(dir, p, deps); why != "" {
				t.Errorf("%s imports %s: %s", path, p, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

// objection says why a package in a folder must not import another, "" when it may.
// Deps are those of ours that the plan allows it.
func objection(dir, imported string, deps []string) string {
	if slices.Contains(strings.Fields(pure[dir]), imported) {
		return dir + " does no I/O"
	}
	if p, ours := strings.CutPrefix(imported, module); ours {
		if !slices.Contains(deps, "*") && !slices.Contains(deps, p) {
			return "not allowed by the plan"
		}
		return ""
	}
	host, _, _ := strings.Cut(imported, "/")
	if allowed, isLean := lean[dir]; isLean && strings.Contains(host, ".") && !slices.Contains(strings.Fields(allowed), imported) {
		return "apps that import client would have to build it, too"
	}
	return ""
}

// plan reads the lines of floors.
func plan() map[string][]string {
	allowed := map[string][]string{}
	for line := range strings.Lines(floors) {
		if name, deps, ok := strings.Cut(line, ":"); ok {
			allowed[strings.TrimSpace(name)] = strings.Fields(deps)
		}
	}
	return allowed
}

// skipped keeps the walk out of folders that hold no package of this module.
func skipped(name string) error {
	if name == "tools" || name == "testdata" || name == "build" || name == "dist" || strings.HasPrefix(name, ".") && name != "." {
		return filepath.SkipDir
	}
	return nil
}
