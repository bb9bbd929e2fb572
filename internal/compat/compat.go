package compat

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/registration"
)

// Path is where the handler is to be mounted.
const Path = "/healthchecker/"

// A Registrar keeps what apps signed up for. It is safe for concurrent use. Its
// errors are of type [registration.Refusal], or mean that something could not be
// kept now and has not happened.
type Registrar interface {
	Keeper
	Roll
}

// A Keeper does what apps ask for.
type Keeper interface {
	Register(ctx context.Context, by registration.Caller, what registration.Request) (registration.Receipt, error)
	Remove(ctx context.Context, by registration.Caller, name string) error
	PauseOwn(ctx context.Context, by registration.Caller, name, why string) error
	ResumeOwn(ctx context.Context, by registration.Caller, name string) error
}

// A Roll tells at once who has signed up.
type Roll interface {
	// MayChange returns why a caller may not change a registration, or nil.
	MayChange(by registration.Caller, name string) error
	Registration(name string) (registration.Registration, bool)
	Registrations() []registration.Registration // by name
}

// A Board is what is true now. Its views are immutable.
type Board interface {
	View() *board.View
}

// Options say how the handler behaves. Registrar, Board, Caller and Log are
// needed; the zero Door admits callers on this machine alone.
type Options struct {
	Registrar Registrar
	Board     Board
	Door      registration.Door // who may come in
	// Caller tells who sent a request. What it says of tokens is left out: here the
	// address is the authority.
	Caller  func(*http.Request) registration.Caller
	Version string // of the release, shown
	Log     *slog.Logger
}

// A server answers the old endpoints. It is safe for concurrent use.
type server struct {
	Options
	mailboxes *mailboxes
	pages     *template.Template
	files     map[string]file
	looking   chan struct{} // holds a value while somebody reads the whole roll
}

// New returns what answers below [Path], to be mounted there without stripping
// it. It reads bodies itself, [maxBody] at most, and sets the headers that keep a
// browser from doing anything with an answer but show it.
func New(o Options) http.Handler {
	s := &server{Options: o, mailboxes: newMailboxes(), files: loadFiles(), looking: make(chan struct{}, 1)}
	s.pages = parsePages(s.files)
	mux := http.NewServeMux()
	for name, e := range s.endpoints() {
		mux.Handle(Path+name, s.answer(e))
	}
	mux.Handle(Path, s.answer(endpoint{get: absent}))
	return mux
}

// endpoints lists what can be asked. What changes something by GET does so for
// programs only.
func (s *server) endpoints() map[string]endpoint {
	pause, resume, stop := s.managing(paused, s.pause), s.managing(resumed, s.resume), s.managing(stopped, s.stop)
	all := map[string]endpoint{
		"monitor":        {post: s.monitor},
		"pause":          {get: pause, post: pause, verb: "Pause"},
		"resume":         {get: resume, post: resume, verb: "Resume"},
		"stop":           {get: stop, post: stop, verb: "Stop"},
		"stopmonitoring": {get: stop, post: stop, verb: "Stop"},
		"info":           {get: s.info},
		"status":         {get: s.status},
	}
	for name := range s.files {
		all[name] = endpoint{get: s.file}
	}
	return all
}
