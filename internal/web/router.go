package web

import (
	"net/http"
	"path"
	"strings"
)

// A router is a mux that knows what it answers.
type router struct {
	*http.ServeMux
	patterns []string
}

// Handle adds what answers a pattern.
func (m *router) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc adds what answers a pattern.
func (m *router) HandleFunc(pattern string, answer func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(answer))
}

// ServeHTTP answers r. A mux leads who writes a path with //, or with .., to the
// path that he means, and so repeats it; one with a heartbeat's token in it is not
// repeated.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if shownPath(r) != r.URL.Path && path.Clean(r.URL.Path) != r.URL.Path {
		p := problem{Status: http.StatusNotFound, Detail: "There is nothing at " + shownPath(r) + ".", Hint: "Heartbeats go to " + pushPath + "NAME/TOKEN."}
		p.serve(w, r)
		return
	}
	m.ServeMux.ServeHTTP(w, r)
}

// paths lists what a misspelt path may have meant: those that are the same for
// everybody, and an example of one that is not.
func (m *router) paths() []string {
	var all []string
	for _, pattern := range m.patterns {
		_, where, ok := strings.Cut(pattern, " ")
		where = strings.TrimSuffix(where, "{$}")
		if where == checkPath+"{host}" {
			where = checkPath + "localhost"
		}
		if ok && !strings.Contains(where, "{") {
			all = append(all, where)
		}
	}
	return all
}
