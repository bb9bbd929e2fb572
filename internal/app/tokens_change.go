package app

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// TokenOptions are the words of `token`.
type TokenOptions struct {
	Action string // of TokenActions
	Name   string // of the token; not for list
	Scope  string // of a token to add; empty: read
	File   string // of tokens; empty: the one that `serve` uses
	JSON   bool

	Config    string // the configuration, as in ServeOptions
	LookupEnv func(name string) (string, bool)
}

// TokenActions lists what `token` can do.
func TokenActions() []string { return []string{"add", "list", "remove"} }

// TokenScopes lists the scopes of tokens, the smallest first.
func TokenScopes() []string { return auth.ScopeNames() }

// Token is `token`: it changes the token file, or lists what is in it. A new
// token's secret goes to out alone, for scripts; what else is to say goes to
// errs.
func Token(o TokenOptions, out, errs io.Writer) error {
	err := o.check()
	if err == nil && o.File == "" {
		o.File, err = o.ofServer(errs)
	}
	if err != nil {
		return err
	}
	switch o.Action {
	case "add":
		return o.add(out, errs)
	case "remove":
		return o.remove(errs)
	}
	return o.list(out)
}

// check returns the first word that is wrong.
func (o TokenOptions) check() error {
	switch {
	case o.Action != "add" && o.Action != "list" && o.Action != "remove":
		return usage(fmt.Errorf("unknown action %q", o.Action), nearOr(o.Action, TokenActions(), "actions are "+strings.Join(TokenActions(), ", ")))
	case o.Action == "list" && o.Name != "":
		return usage(errors.New("list takes no name"), "it lists every token of the file")
	case o.Action != "list" && o.Name == "":
		return usage(fmt.Errorf("%s needs the name of a token", o.Action), fmt.Sprintf("for example: portreeve token %s prometheus", o.Action))
	case o.Action != "add" && o.Scope != "":
		return usage(fmt.Errorf("%s takes no scope", o.Action), "a scope is given to a token when it is added, and stays")
	}
	return nil
}

// ofServer returns the token file that `serve` uses, started from here.
func (o TokenOptions) ofServer(errs io.Writer) (string, error) {
	c, err := tellMistakes(ServeOptions{LookupEnv: o.LookupEnv, File: o.Config}.sources(), errs)
	if err != nil {
		return "", err
	}
	file := Config{Config: c}.tokensFile()
	if file == "" {
		return "", usage(errors.New("serve keeps no tokens, for it keeps nothing"), "name a file with --file, or as auth.tokens_file in the configuration")
	}
	return file, nil
}

// nearOr is the hint for a misspelt word: what it may have meant, or else.
func nearOr(word string, words []string, otherwise string) string {
	if near, ok := port.Nearest(word, words); ok {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return otherwise
}

// add makes a token and prints its secret. A file that is not there yet is
// made.
func (o TokenOptions) add(out, errs io.Writer) error {
	scope, err := auth.ParseScope(cmp.Or(o.Scope, string(auth.Read)))
	if err != nil {
		return usage(fmt.Errorf("scope %q: %w", o.Scope, err), nearOr(o.Scope, TokenScopes(), "a program that only looks needs read"))
	}
	token, secret, err := auth.Mint(o.Name, scope, time.Now(), rand.Reader)
	if err != nil {
		return usage(err, "for example: portreeve token add prometheus")
	}
	made, err := changeTokens(o.File, func(f *auth.File) (*auth.File, error) { return f.With(token) })
	if errors.Is(err, auth.ErrNameTaken) {
		return withHint(fmt.Errorf("token %s: %w", o.Name, err), "choose another name, or remove that one first")
	}
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintln(errs, "portreeve: made the token file", o.File)
	}
	fmt.Fprintf(errs, "portreeve: token %s of scope %s; this is the only time that its secret is shown\n", token.Name, token.Scope)
	_, err = fmt.Fprintln(out, secret)
	return err
}

// remove takes a token away.
func (o TokenOptions) remove(errs io.Writer) error {
	var names []string
	_, err := changeTokens(o.File, func(f *auth.File) (*auth.File, error) {
		for _, t := range f.Tokens() {
			names = append(names, t.Name)
		}
		return f.Without(o.Name)
	})
	if errors.Is(err, auth.ErrNoSuchToken) {
		return withHint(fmt.Errorf("%w: %q", err, o.Name), nearOr(o.Name, names, "portreeve token list names those that there are"))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(errs, "portreeve: token %s is no more; a running server knows within a second\n", o.Name)
	return err
}

// A tokenItem is a token as it is told: its hash is nobody's business.
type tokenItem struct {
	Name    string     `json:"name"`
	Scope   auth.Scope `json:"scope"`
	Created time.Time  `json:"created_at"`
}

func (o TokenOptions) list(out io.Writer) error {
	file, _, err := readTokens(o.File, trustForAdmin())
	if errors.Is(err, fs.ErrNotExist) {
		return withHint(err, "serve makes it at its first start, and so does: portreeve token add NAME")
	}
	if err != nil {
		return err
	}
	items := []tokenItem{}
	for _, t := range file.Tokens() {
		items = append(items, tokenItem{t.Name, t.Scope, t.Created})
	}
	if o.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Schema string      `json:"schema"`
			Items  []tokenItem `json:"items"`
		}{board.Schema, items})
	}
	table := tokenTable(items)
	_, err = io.WriteString(out, strings.Join(table.Lines(term.ScreenOf(out, os.Getenv)), "\n")+"\n")
	return err
}

func tokenTable(items []tokenItem) term.Table {
	t := term.Table{Columns: []term.Column{{Title: "NAME"}, {Title: "SCOPE"}, {Title: "CREATED"}}}
	for _, i := range items {
		t.Rows = append(t.Rows, term.Row{Key: i.Name, Cells: []term.Cell{{Text: i.Name}, {Text: string(i.Scope)}, {Text: i.Created.Local().Format(time.DateTime)}}})
	}
	return t
}

// changeTokens puts what change makes of a token file in its place; change may
// be called more than once. Those who change one file take turns. A file that
// is not there counts as empty, and is made.
func changeTokens(path string, change func(*auth.File) (*auth.File, error)) (made bool, err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays one
	}
	for {
		err := replaceTokens(path, change)
		if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if err = createTokens(path, change); !errors.Is(err, fs.ErrExist) { // or it has been made meanwhile
			return err == nil, err
		}
	}
}

// replaceTokens changes a file that is there: what is read is the very file
// that is locked, and what replaces it has its owner and mode.
func replaceTokens(path string, change func(*auth.File) (*auth.File, error)) error {
	locked, err := lockFile(path)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	defer locked.Close()
	file, _, err := readTokensIn(locked, trustForAdmin())
	if err != nil {
		return err
	}
	if file, err = change(file); err != nil {
		return err
	}
	like, err := locked.Stat()
	if err != nil {
		return err
	}
	return writePrivate(path, file.String(), like)
}

// createTokens makes a file. Root makes it for whom the directory belongs to:
// serve is most likely that user's, and could not read one of root's. A secret
// that a first start left behind, cut off before it made its file, fits
// nothing and goes.
func createTokens(path string, change func(*auth.File) (*auth.File, error)) error {
	file, err := change(auth.NewFile())
	if err != nil {
		return err
	}
	lock, err := lockBeside(path)
	if err != nil {
		return err
	}
	defer lock.release()
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	if err := os.Remove(path + adminSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return createPrivate(path, file.String(), ownerOfDirectory(path))
}
