package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// kept is the owner's token in a file, with what it is for.
type kept struct {
	Server string `json:"server"`
	Name   string `json:"name"`
	Token  string `json:"token"`
}

// recall returns the session that the process before had, as far as it was kept.
func (a *App) recall() session {
	if a.options.keep == "" {
		return session{}
	}
	var k kept
	text, err := os.ReadFile(a.options.keep)
	if errors.Is(err, fs.ErrNotExist) {
		return session{}
	}
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err != nil {
		a.options.log.Warn("cannot read the kept token, registering without it", "check", a.check.Name, "err", err)
		return session{}
	}
	if k.Name != a.check.Name {
		return session{}
	}
	return session{base: Server{URL: k.Server}, secret: k.Token}
}

// remember keeps the owner's token if it is another than before.
func (a *App) remember(before, after session) {
	if a.options.keep == "" || after.secret == "" || after.secret == before.secret && after.base.URL == before.base.URL {
		return
	}
	if err := keep(a.options.keep, kept{after.base.URL, a.check.Name, after.secret}); err != nil {
		a.options.log.Warn("cannot keep the token", "check", a.check.Name, "err", err)
	}
}

// keep writes a file that others cannot read, whole or not at all.
func keep(path string, k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	// A temporary file has the mode 0600.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("keep the token: %w", err)
	}
	return nil
}
