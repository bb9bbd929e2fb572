package config

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"
)

// maxFile is the largest file that is read, in bytes: 100,000 checks are about
// as much.
const maxFile = 16 << 20

// readFile reads the file, if there is one.
func (l *loading) readFile() {
	if l.sources.NoFile {
		return
	}
	path := l.find()
	if path == "" {
		return
	}
	l.config.File = path
	text, stamp, err := read(path)
	l.config.stamp = stamp
	if err != nil {
		l.unreadable(path, err)
		return
	}
	l.text = text
	l.config.Blank = saysNothing(text)
	if !l.legible() {
		return
	}
	if parts(text) > maxParts {
		l.add(Origin{Source: FromFile, Name: path}, "is it a configuration at all?", "more values than 100,000 checks have")
		return
	}
	if isAssignments(text) {
		l.readAssignments()
	} else {
		l.readYAML()
	}
}

// maxParts bounds what a file is made of, as parts counts it: YAML takes some
// hundred bytes of memory for each. It is 100,000 checks of five lines each.
const maxParts = 1_200_000

// parts estimates of how many keys, values and items a text is made of, from
// what stands between them, before anything is made of it.
func parts(text string) int {
	n := 0
	for _, mark := range []string{"\n", ",", "[", "{", ": ", "- ", "? "} {
		n += strings.Count(text, mark)
	}
	return n
}

// saysNothing reports whether a text is blanks and comments alone.
func saysNothing(text string) bool {
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			return false
		}
	}
	return true
}

// find returns the path of the file, empty when there is none. One that was
// named need not be there; a default one that cannot be looked at is not
// taken for absent.
func (l *loading) find() string {
	named := l.sources.File
	if given := l.sources.Flags["config"]; named == "" && len(given) > 0 {
		named = given[len(given)-1]
	}
	if named == "" && l.sources.LookupEnv != nil {
		o, _ := optionNamed("config")
		_, named = l.variable(o)
	}
	if named != "" {
		return named
	}
	paths := l.sources.paths
	if paths == nil {
		paths = DefaultPaths()
	}
	for _, path := range paths {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return path
		}
	}
	return ""
}

var (
	errTooLarge   = errors.New("larger than 16 MiB")
	errNotRegular = errors.New("this is no regular file")
)

// read returns a regular file of bounded size, without the mark that some
// editors begin UTF-8 with, and the state that it was in.
func read(path string) (string, stamp, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	if errors.Is(err, syscall.ENXIO) {
		err = errNotRegular // a socket, or a device that is not there
	}
	if err != nil {
		return "", stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	state := stampOf(info, err) // before it is read: what comes later is a change
	switch {
	case err != nil:
		return "", state, err
	case info.IsDir():
		return "", state, syscall.EISDIR
	case !info.Mode().IsRegular():
		return "", state, errNotRegular
	}
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(f, maxFile+1))
	if err == nil && n > maxFile {
		err = errTooLarge
	}
	return strings.TrimPrefix(b.String(), "\ufeff"), state, err
}

// unreadable adds why the file cannot be read.
func (l *loading) unreadable(path string, err error) {
	at := Origin{Source: FromFile, Name: path}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.add(at, "--config or PORTREEVE_CONFIG names the configuration file", "there is no such file")
	case errors.Is(err, syscall.EISDIR):
		l.add(at, "name the file in it", "this is a directory")
	case errors.Is(err, fs.ErrPermission):
		l.add(at, "let the user that portreeve runs as read it", "no permission to read it")
	case errors.Is(err, errNotRegular):
		l.add(at, "write what it would say into a file, and name that", "%s", err)
	default:
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		l.add(at, "", "%s", err)
	}
}

// legible reports whether the text of the file is one: UTF-8 without control
// characters. It tells the first byte that is none.
func (l *loading) legible() bool {
	line, column := 1, 1
	for i, r := range l.text {
		size := 1
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(l.text[i:])
		}
		at := Origin{FromFile, l.config.File, line, column}
		switch {
		case r == utf8.RuneError && size == 1:
			l.add(at, "save the file as UTF-8", "byte 0x%02x is not UTF-8", l.text[i])
			return false
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f, r > 0x7f && r < 0xa0 && r != 0x85, r == 0xfffe, r == 0xffff:
			l.add(at, "take it out; in double quotes it may be written as an escape", "control character U+%04X", r)
			return false
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	return true
}

// where words which file was read, for people.
func (c *Config) where() string { return cmp.Or(c.File, "no configuration file") }
