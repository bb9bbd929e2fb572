package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registration"
)

// A Board is what is true now. Its views are immutable.
type Board interface {
	View() *board.View
	// Changed returns a channel that is closed when the board moves on from v.
	Changed(v *board.View) <-chan struct{}
}

// A Journal is what has happened. An entry that the board has recorded can be
// read from it.
type Journal interface {
	// Read returns at most limit entries after the cursor, oldest first. For a
	// cursor that it did not give out, the error is [event.ErrCursor].
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)
	// Recent returns the last entries, at most limit, oldest first.
	Recent(ctx context.Context, limit int) ([]event.Recorded, error)
}

// Options say how a Server behaves. The zero Options are safe: loopback callers
// only, known by the machine's own names.
type Options struct {
	Version string          // of the release, shown and reported
	Hosts   []string        // names that requests may call us by, besides our own
	Metrics http.Handler    // answers /metrics; nil: nothing there
	Notices []port.Degraded // what the configuration gives up, shown with the blind spots
	// Health tells how the other parts of portreeve are, by the names of
	// health+json ("journal:queue"). It is called for each request to /healthz
	// and must answer at once.
	Health func() map[string][]Component

	History  History  // of checks; nil: no page and no answer is about the past
	Registry Registry // of what people ask for; nil: nobody can ask for anything
	// Alerts tells how the channels are by which people are told. It is called for
	// each page of the machine or of incidents, and must answer at once.
	Alerts func() []AlertState

	Tokens     Tokens // let callers from elsewhere in; nil: nobody has a token
	PublicRead bool   // callers from elsewhere may read without a token
	// TLS makes Serve speak TLS, 1.2 at least; nil: plain HTTP. Its
	// GetCertificate is asked for each connection, so certificates may change.
	TLS *tls.Config

	Asker Asker // answers questions that are asked now; nil: /probe only tells of checks
	// Flappy opens /check and /json: to this machine, and to the networks of
	// FlappyAllow, whose callers may name hosts in these networks only.
	Flappy      bool
	FlappyAllow []netip.Prefix

	Registrar Registrar         // of what apps sign up for; nil: none can
	Door      registration.Door // who may sign up without a token
	// Heartbeats hear those of push checks; nil: nobody listens.
	Heartbeats Heartbeats
	// Compat answers what is below /healthchecker/, in plain text, and knows its
	// callers by [CallerOf]; nil: nothing there.
	Compat http.Handler
	// RegistrationOnly lets callers from elsewhere sign up and beat, and do nothing
	// else, whatever they show: for plain HTTP on an address that others can reach.
	RegistrationOnly bool

	// Most connections at once, of each kind; 0: the default, which is 256, 64
	// and 64. One address gets a part of them. Together, and an eighth of the
	// last once more, they are the descriptors that the server takes.
	MaxConns   int // that ask, or are idle
	MaxStreams int // event streams
	MaxLive    int // that wait for an answer from elsewhere
}

// Limits of the server, so that no caller can keep others out. Event streams
// and live questions have pools of their own.
const (
	maxConns   = 256
	maxStreams = 64
	maxLive    = 64
	maxHeader  = 16 << 10
)

// fewConns is how many connections an address gets at least: what a browser
// opens for a page.
const fewConns = 6

// patience is how long the server waits for its callers.
type patience struct {
	header time.Duration // for a whole request header
	read   time.Duration // for a whole request
	body   time.Duration // for a body that was answered unread
	write  time.Duration // for an answer to be taken
	idle   time.Duration // for the next request
	reader time.Duration // for a stream's reader to take what it is sent
	drain  time.Duration // for requests under way when the server ends
}

func usualPatience() patience {
	return patience{
		header: 5 * time.Second, read: 10 * time.Second, body: 500 * time.Millisecond, write: 15 * time.Second, idle: 60 * time.Second,
		reader: 10 * time.Second, drain: 10 * time.Second,
	}
}

// headerSlop is what net/http lets a header grow beyond Server.MaxHeaderBytes.
const headerSlop = 4 << 10

// A Server answers HTTP requests about one board and one journal. It is safe
// for concurrent use, and all its listeners share its limits.
type Server struct {
	board   Board
	journal Journal
	options Options
	log     *slog.Logger
	wait    patience

	pages   *template.Template
	assets  map[string]asset
	hosts   map[string]bool
	gate    *gate
	streams *pool
	live    *pool
	flappy  *pool
	spec    *spec

	wrong    *throttle[netip.Prefix] // tokens
	wrongLog wrongLog
	beats    *throttle[string] // of a name's sender
	rules    *rules
	routes   *router

	openings *openings
	looking  chan struct{} // holds a value for each who looks at the past
	buffers  sync.Pool     // of *bytes.Buffer
	handler  http.Handler
}

// New returns a server that does not listen yet.
func New(b Board, j Journal, o Options, log *slog.Logger) *Server {
	known := newOpenings(o.History, log) // which bounds what it asks by itself
	if o.History != nil {
		o.History = newHistoryQueue(o.History)
	}
	conns, streams, live := cmp.Or(o.MaxConns, maxConns), cmp.Or(o.MaxStreams, maxStreams), cmp.Or(o.MaxLive, maxLive)
	s := &Server{
		board: b, journal: j, options: o, log: log, wait: usualPatience(),
		assets:  loadAssets(),
		hosts:   hostNames(o.Hosts),
		gate:    newGate(conns, shareOf(conns, fewConns)),
		streams: newPool(streams, shareOf(streams, 2)),
		live:    newPool(live, max(1, live/2)),
		flappy:  newPool(max(1, live/8), 1),

		wrong: newWrongThrottle(),
		beats: newThrottle[string](beatEvery, beatBurst, beatNames),

		openings: known,
		looking:  make(chan struct{}, maxLooking),
	}
	s.pages = parsePages(s.assets)
	s.rules = s.newRules()
	s.routes = &router{ServeMux: http.NewServeMux()}
	s.route(s.routes)
	s.handler = s.guard(s.bodies(compress(s.routes)))
	return s
}

// route lists what the server answers. To add a page, add a line.
func (s *Server) route(mux *router) {
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /docs", s.serveDocs)
	mux.HandleFunc("GET /assets/{name}", s.serveAsset)
	mux.HandleFunc("GET /events/stream", s.serveStream)
	mux.HandleFunc("GET "+healthPath, s.serveHealth)
	if s.options.Metrics != nil {
		mux.Handle("GET /metrics", s.options.Metrics)
	}
	s.routePages(mux)
	s.routeLive(mux)
	s.routeAPI(mux)
	s.routePush(mux)
	if s.options.Compat != nil {
		mux.Handle(compatPath, ruled(mayCallCompat, s.options.Compat))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { serveNotFound(mux, w, r) })
}

// Handler returns what answers the requests, with all its guards but the
// limits on connections: those come with [Server.Serve].
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers requests on ln until ctx ends, then lets those under way
// finish, for ten seconds at most. It closes ln. The error is nil after ctx has
// ended, even if some callers had to be cut off.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	draining, drain := context.WithCancel(context.Background())
	defer drain()
	srv := s.httpServer(draining)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(s.listen(ln)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	srv.RegisterOnShutdown(s.gate.dismiss)
	drain()
	end, cancel := context.WithTimeout(context.Background(), s.wait.drain)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		s.log.Warn("web: cut off callers that did not finish", "err", errors.Join(err, srv.Close()))
	}
	<-failed
	return nil
}

// listen returns ln with the gate before it, and TLS if there is to be any: a
// caller takes a place before his handshake begins.
func (s *Server) listen(ln net.Listener) net.Listener {
	if s.gate.total < scarceConns {
		deferAccept(ln, s.wait.header)
	}
	if s.options.TLS == nil {
		return s.gate.listen(ln, false)
	}
	config := s.options.TLS.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	config.NextProtos = []string{"http/1.1"}
	return tls.NewListener(s.gate.listen(ln, true), config)
}

// httpServer returns the server behind a listener. It speaks HTTP/1.1 alone:
// with HTTP/2 a caller could ask many things by one connection, and the limits
// would count nothing.
func (s *Server) httpServer(draining context.Context) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.wait.header,
		ReadTimeout:       s.wait.read,
		WriteTimeout:      s.wait.write,
		IdleTimeout:       s.wait.idle,
		MaxHeaderBytes:    maxHeader - headerSlop,
		Protocols:         protocols,
		ConnState:         s.gate.track,
		ConnContext:       withConn,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), drainKey{}, draining)
		},
		DisableGeneralOptionsHandler: true, // OPTIONS * goes through the guard like all else

		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}
