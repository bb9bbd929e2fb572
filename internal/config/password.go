package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// A Secret is a password, a token or a URL with one in it. However it is
// printed, it does not show; Reveal returns it.
type Secret string

const mask = "hidden"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from encoders and loggers.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// maxPassword bounds a file with a password, in bytes.
const maxPassword = 4 << 10

// passwordFile reads the one line of a file with a password.
func passwordFile(path string) (Secret, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	irregular := &wordError{quoted(path) + ": this is no regular file", "name the file that holds the password"}
	switch {
	case errors.Is(err, syscall.ENXIO):
		return "", irregular // a socket, or a device that is not there
	case errors.Is(err, fs.ErrNotExist):
		return "", &wordError{quoted(path) + ": there is no such file", "write the password into it, as its one line"}
	case errors.Is(err, fs.ErrPermission):
		return "", &wordError{quoted(path) + ": " + reason(err), "portreeve has to be able to read it"}
	case err != nil:
		return "", &wordError{quoted(path) + ": " + reason(err), ""}
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", irregular
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", &wordError{quoted(path) + ": " + reason(err), ""}
	}
	text := strings.TrimRight(string(b), "\r\n")
	switch {
	case len(b) > maxPassword:
		return "", &wordError{quoted(path) + fmt.Sprintf(" is larger than %d bytes", maxPassword), "it holds the password and nothing else"}
	case text == "":
		return "", &wordError{quoted(path) + " is empty", "write the password into it, as its one line"}
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", &wordError{quoted(path) + " has more than one line", "it holds the password and nothing else"}
	}
	return Secret(text), nil
}

// reason returns what the system says, without the path.
func reason(err error) string {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return err.Error()
}
