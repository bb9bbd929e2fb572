package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// suffix is what node_exporter's textfile collector looks for.
const suffix = ".prom"

// A TextfileError says why a textfile cannot be written, and what would help.
type TextfileError struct {
	Path   string
	Reason string // one sentence for people
	Err    error  // the cause; nil when the names alone are wrong
	Advice string
}

func (e *TextfileError) Error() string { return fmt.Sprintf("textfile %q: %s", e.Path, e.Reason) }

// Unwrap returns the cause.
func (e *TextfileError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *TextfileError) Hint() string { return e.Advice }

// WriteTextfile writes what gather tells to a file for node_exporter's
// textfile collector. The collector sees the former file or the whole new one,
// even after a crash: it is written under a name that does not end in .prom,
// synced, and renamed. Two programs must not write one file. Where the
// directory or a name is at fault the error is a *[TextfileError]; what cannot
// be replaced stays as it was.
//
// The file must hold no timestamp (one makes the collector reject it whole)
// and no metric of node_exporter's own: see [NewGatherer].
func WriteTextfile(dir, file string, gather prometheus.Gatherer) error {
	if err := checkName(dir, file); err != nil {
		return err
	}
	families, err := gather.Gather()
	if err != nil {
		return fmt.Errorf("gather metrics: %w", err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return fmt.Errorf("write metrics as text: %w", err)
		}
	}
	if err := replace(dir, file, b.Bytes()); err != nil {
		return explain(dir, file, err)
	}
	return nil
}

// RemoveTextfile removes the file at a clean stop, so that nobody takes its
// last numbers for the present ones, and with it what killed runs have left.
// A file that is not there is no error.
func RemoveTextfile(dir, file string) error {
	if err := checkName(dir, file); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return explain(dir, file, err)
	}
	for _, e := range entries {
		if e.Name() != file && !temporary(e.Name(), file) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return explain(dir, file, err)
		}
	}
	return nil
}

// temporary reports whether name is one under which replace writes file.
func temporary(name, file string) bool {
	before, after, _ := strings.Cut(pattern(file), "*")
	return strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

// pattern is that of the names under which replace writes file: hidden, and
// not what the collector looks for.
func pattern(file string) string { return "." + file + ".*.tmp" }

// replace puts content in place of dir/file at once.
func replace(dir, file string, content []byte) (err error) {
	f, err := os.CreateTemp(dir, pattern(file))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), filepath.Join(dir, file)); err != nil {
		return err
	}
	return syncDirectory(dir)
}

// syncDirectory makes a rename last. Some file systems cannot sync a
// directory and say EINVAL; there is nothing more to do on them.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// checkName refuses names that are no file in dir or that the collector would
// not read.
func checkName(dir, file string) error {
	e := &TextfileError{Path: filepath.Join(dir, file)}
	switch {
	case dir == "":
		e.Reason, e.Advice = "no directory is given", "name node_exporter's with --directory"
	case strings.ContainsAny(file, "/\x00"):
		e.Reason, e.Advice = fmt.Sprintf("%q is no bare file name", file), "give the directory with --directory and the name with --file"
	case !strings.HasSuffix(file, suffix) || file == suffix:
		e.Reason, e.Advice = fmt.Sprintf("the name %q does not end in %s", file, suffix), "node_exporter reads *.prom only, as in portreeve.prom"
	default:
		return nil
	}
	return e
}

// explain says in one sentence what is wrong, without the temporary name that
// the cause speaks of.
func explain(dir, file string, err error) error {
	e := &TextfileError{Path: filepath.Join(dir, file), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.Reason = fmt.Sprintf("there is no directory %q", dir)
		e.Advice = fmt.Sprintf("make it with mkdir -p, and start node_exporter with --collector.textfile.directory=%s", dir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Reason = fmt.Sprintf("no permission to write in the directory %q", dir)
		e.Advice = "run as a user who may write there, or name another directory with --directory"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Reason, e.Advice = "no space left for it", "make room; node_exporter goes on with the former file"
	default:
		e.Reason, e.Advice = cause(err).Error(), "is there a directory of that name?"
	}
	return e
}

// cause strips the paths from an error of the file system.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
