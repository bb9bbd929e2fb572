package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
)

// DefaultTokensFile is the name of the token file, beside the journal, when
// nobody says otherwise.
const DefaultTokensFile = "portreeve.tokens"

// adminSuffix ends the name of the file that holds the first token's secret.
const adminSuffix = ".admin"

// tokensFresh is how old what we know of the file may be.
const tokensFresh = time.Second

// Tokens are those of a token file. A change of the file holds a second later,
// without anybody being told. A file that is gone or has become wrong changes
// nothing: the tokens of before hold until it is right. It is safe for
// concurrent use.
type Tokens struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	file   *auth.File
	read   fileState // of the file when it was read last, or tried to
	looked time.Time // at the file's state
	err    error     // why the file as it is now is not what holds
}

// OpenTokens reads a token file. Where there is none it makes one, with one
// token that may do everything; its secret is in a file beside it that nobody
// else can read, for the administrator of this machine. A file that others can
// change or read is refused.
func OpenTokens(path string, log *slog.Logger) (*Tokens, error) {
	t := &Tokens{path: path, log: log}
	err := t.load()
	if errors.Is(err, fs.ErrNotExist) {
		var made bool
		if made, err = makeTokens(path, time.Now()); err == nil {
			err = t.load()
		}
		if made {
			log.Info("made a token that may do everything; its secret is in a file that only you can read", "file", path+adminSuffix, "tokens", path)
		}
	}
	if err != nil {
		return nil, err
	}
	t.looked = time.Now()
	return t, nil
}

// makeTokens makes the file of a first start. Of several that start at once one
// makes it, and the others find it made. The secret is written first: cut off
// between the two, the next start begins anew.
func makeTokens(path string, now time.Time) (made bool, err error) {
	lock, err := lockBeside(path)
	if err != nil {
		return false, err
	}
	defer lock.release()
	if _, err := os.Lstat(path); err == nil {
		return false, nil
	}
	token, secret, err := auth.Mint("admin", auth.Admin, now, rand.Reader)
	if err != nil {
		return false, err
	}
	file, err := auth.NewFile().With(token)
	if err != nil {
		return false, err
	}
	if err := writePrivate(path+adminSuffix, secret+"\n", nil); err != nil {
		return false, err
	}
	err = createPrivate(path, file.String(), nil)
	return err == nil, err
}

// Find returns the token whose secret this is.
func (t *Tokens) Find(secret string) (auth.Token, bool) { return t.current().Find(secret) }

// Err returns why the file as it is now is not what holds; nil when it is.
func (t *Tokens) Err() error {
	t.current()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// current returns what holds now.
func (t *Tokens) current() *auth.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.looked) < tokensFresh {
		return t.file
	}
	t.looked = time.Now()
	state, err := stateOf(t.path)
	switch {
	case err != nil:
		t.read = fileState{}
	case state == t.read:
		return t.file
	default:
		err = t.load()
	}
	t.note(err)
	return t.file
}

// note keeps how reading a changed file went, and says so once. t.mu is held.
func (t *Tokens) note(err error) {
	switch {
	case err == nil:
		t.log.Info("read the token file anew", "tokens", len(t.file.Tokens()))
	case t.err == nil || t.err.Error() != err.Error():
		t.log.Error("the token file cannot be used; the tokens that were in it still hold", "err", err)
	}
	t.err = err
}

// load reads the file. t.mu is held, or nobody else knows t yet.
func (t *Tokens) load() error {
	file, state, err := readTokens(t.path, trustForServe())
	t.read = state
	if err != nil {
		return err
	}
	t.file = file
	return nil
}

// readTokens reads and understands a token file. The state is there even if
// that fails for what the file says.
func readTokens(path string, who trust) (*auth.File, fileState, error) {
	f, err := openPrivate(path)
	if err != nil {
		return nil, fileState{}, fmt.Errorf("token file: %w", err)
	}
	defer f.Close()
	return readTokensIn(f, who)
}

// readTokensIn is readTokens of an open file.
func readTokensIn(f *os.File, who trust) (*auth.File, fileState, error) {
	text, state, err := readPrivate(f, who)
	if err != nil {
		return nil, state, fmt.Errorf("token file: %w", err)
	}
	file, err := auth.Parse(text)
	if err != nil {
		return nil, state, withHint(fmt.Errorf("token file %s: %w", f.Name(), err), "`portreeve token` writes this file; docs/security.md says how it looks")
	}
	return file, state, nil
}
