package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Owners are the tokens of what was registered from this account, by the URL of
// the server and the name. Who has one may change, pause and remove what it is
// of. They are in a file that nobody else can read.
type owners struct{ path string }

// ownersFile returns where the tokens are kept: the state of the user, as the
// XDG Base Directory Specification has it. It is empty where no such place is
// known.
func ownersFile(lookup func(string) (string, bool)) string {
	state, _ := lookup("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the specification has relative ones ignored
		home, _ := lookup("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "portreeve", "owners.json")
}

// OwnerTokens is what is in the file: tokens by name, by server.
type ownerTokens map[string]map[string]string

// read returns what is kept; nothing where there is no file.
func (o owners) read() (ownerTokens, error) {
	if o.path == "" {
		return ownerTokens{}, nil
	}
	f, err := openPrivate(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ownerTokens{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("owner's tokens: %w", err)
	}
	defer f.Close()
	text, _, err := readPrivate(f, trustForServe())
	if err != nil {
		return nil, fmt.Errorf("owner's tokens: %w", err)
	}
	all := ownerTokens{}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, withHint(fmt.Errorf("owner's tokens: %s is not what portreeve has written: %w", o.path, err),
			"move it away; then each name is to be registered again, or changed with --token")
	}
	return all, nil
}

// token returns the token of a name at a server, "" when there is none.
func (o owners) token(server, name string) (string, error) {
	all, err := o.read()
	return all[server][name], err
}

// servers returns where a name was registered.
func (o owners) servers(name string) ([]string, error) {
	all, err := o.read()
	var found []string
	for _, server := range slices.Sorted(maps.Keys(all)) {
		if all[server][name] != "" {
			found = append(found, server)
		}
	}
	return found, err
}

// keep keeps the token of a name at a server.
func (o owners) keep(server, name, token string) error {
	if o.path == "" {
		return errors.New("there is no HOME to keep it in")
	}
	if err := os.MkdirAll(filepath.Dir(o.path), 0o700); err != nil {
		return err
	}
	return o.change(func(all ownerTokens) {
		if all[server] == nil {
			all[server] = map[string]string{}
		}
		all[server][name] = token
	})
}

// forget forgets the token of a name at a server. One that there is not is none
// to forget.
func (o owners) forget(server, name string) error {
	if token, err := o.token(server, name); err != nil || token == "" {
		return err
	}
	return o.change(func(all ownerTokens) {
		if delete(all[server], name); len(all[server]) == 0 {
			delete(all, server)
		}
	})
}

// change changes the file, one at a time and at once.
func (o owners) change(edit func(ownerTokens)) error {
	lock, err := lockBeside(o.path)
	if err != nil {
		return withHint(fmt.Errorf("owner's tokens: %w", err), "")
	}
	defer lock.release()
	all, err := o.read()
	if err != nil {
		return err
	}
	edit(all)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(o.path, string(text)+"\n", nil)
}
