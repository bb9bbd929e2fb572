package metrics

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/portreeve/portreeve/internal/board"
)

// name is the textfile of these tests.
const name = "portreeve.prom"

func gatherer(v board.View) prometheus.Gatherer {
	return NewGatherer(NewCollector(&still{v}, Options{Clients: 2, Self: self()}))
}

// write writes the textfile of v to dir and returns it.
func write(t *testing.T, dir string, v board.View) string {
	t.Helper()
	if err := WriteTextfile(dir, name, gatherer(v)); err != nil {
		t.Fatal(err)
	}
	return read(t, dir)
}

func read(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWriteTextfile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, busy(300))
	v := machine()
	v.Checks = nil // a file never tells of checks
	if got, want := write(t, dir, v), expose(t, v, Options{Clients: 2, Self: self()}); got != want {
		t.Errorf("the second file is not the second exposition:\n%s", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("left in the directory: %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v; node_exporter is another user", info.Mode(), err)
	}
}

// TestTextfileHoldsNothingOfNodeExporters: its own go_ and process_ metrics
// would be doubles, and a line with a timestamp has the file rejected.
func TestTextfileHoldsNothingOfNodeExporters(t *testing.T) {
	for line := range strings.Lines(write(t, t.TempDir(), machine())) {
		fields := strings.Fields(line[strings.LastIndexByte(line, '}')+1:])
		if line[0] != '#' && (!strings.HasPrefix(line, prefix) || len(fields) > 2) {
			t.Errorf("line %q", line)
		}
	}
}

func TestRemoveTextfile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, machine())
	killed, err := os.CreateTemp(dir, pattern(name))
	if err != nil || killed.Close() != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(dir, "other.prom")
	if err := os.WriteFile(theirs, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is gone already
		if err := RemoveTextfile(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 1 || left[0] != theirs {
		t.Errorf("left in the directory: %v, %v; want %s", left, err, theirs)
	}
	if err := RemoveTextfile(dir, "../"+name); err == nil {
		t.Error("a file outside the directory is removed")
	}
}

// TestReadersSeeWholeFiles: whoever reads while we write sees one exposition
// or the other, never half of one.
func TestReadersSeeWholeFiles(t *testing.T) {
	dir := t.TempDir()
	small, large := frozen(t, machine()), frozen(t, busy(300))
	whole := map[string]bool{}
	for _, g := range []prometheus.Gatherer{small, large} {
		if err := WriteTextfile(dir, name, g); err != nil {
			t.Fatal(err)
		}
		whole[read(t, dir)] = true
	}
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		for range 25 {
			if err := errors.Join(WriteTextfile(dir, name, small), WriteTextfile(dir, name, large)); err != nil {
				t.Error(err)
			}
		}
	})
	for range 500 {
		if got := read(t, dir); !whole[got] {
			t.Fatalf("read %d bytes that are neither exposition", len(got))
		}
	}
}

// frozen gathers once and tells the same ever after.
func frozen(t *testing.T, v board.View) prometheus.Gatherer {
	t.Helper()
	families, err := gatherer(v).Gather()
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, err })
}

func TestTextfileErrors(t *testing.T) {
	dir := t.TempDir()
	occupied := filepath.Join(dir, "occupied")
	if err := os.MkdirAll(filepath.Join(occupied, name), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, dir, file, reason, hint string }{
		{"no directory", "", name, "no directory is given", "--directory"},
		{"a missing directory", filepath.Join(dir, "no", "such"), name, "there is no directory", "mkdir -p"},
		{"a file for a directory", file, name, "there is no directory", "mkdir -p"},
		{"a slash in the name", dir, "sub/" + name, "no bare file name", "--directory"},
		{"the directory above", dir, "../" + name, "no bare file name", "--directory"},
		{"a name that is not read", dir, "portreeve.txt", "does not end in .prom", "*.prom"},
		{"no name at all", dir, ".prom", "does not end in .prom", "*.prom"},
		{"an empty name", dir, "", "does not end in .prom", "*.prom"},
		{"a directory of that name", occupied, name, "file exists", "a directory of that name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkError(t, WriteTextfile(tt.dir, tt.file, gatherer(machine())), tt.reason, tt.hint)
		})
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", ".*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// checkError demands one line with a reason, without the temporary name, and a
// hint.
func checkError(t *testing.T, err error, reason, hint string) {
	t.Helper()
	var e *TextfileError
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no TextfileError", err)
	}
	if got := e.Error(); !strings.Contains(got, reason) || strings.ContainsAny(got, "\n") || strings.Contains(got, ".tmp") {
		t.Errorf("error %q, want …%s…", got, reason)
	}
	if !strings.Contains(e.Hint(), hint) {
		t.Errorf("hint %q, want …%s…", e.Hint(), hint)
	}
}

func TestTextfileWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	before := write(t, dir, machine())
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) }) // or an ordinary user could not clear it
	err := asNobody(func() error { return WriteTextfile(dir, name, gatherer(busy(300))) })
	checkError(t, err, "no permission to write", "--directory")
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the cause of %v is lost", err)
	}
	if read(t, dir) != before {
		t.Error("the former file has changed")
	}
}

// asNobody runs f with the file permissions of an ordinary user. Root's hold
// for one thread each, which then ends with its goroutine.
func asNobody(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				result <- err
				return
			}
		}
		result <- f()
	}()
	return <-result
}

func TestTextfileIsNotTouchedWhenGatheringFails(t *testing.T) {
	dir := t.TempDir()
	before := write(t, dir, machine())
	broken := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return nil, errors.New("no way") })
	if err := WriteTextfile(dir, name, broken); err == nil || !strings.Contains(err.Error(), "no way") {
		t.Errorf("error %v", err)
	}
	if read(t, dir) != before {
		t.Error("the former file has changed")
	}
}
