package web

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// An action is something that people may ask for, with a token: by a form that
// the page's script sends, or by a command to copy.
type action struct {
	ID     string
	Label  string
	About  string
	Method string
	Path   string
	Body   string // JSON: what is said besides the fields; empty: there is no body
	Fields []field
	Curl   string
	Then   string // where to go when it is done, and the page is about nothing any more
}

// A field is one that people fill in.
type field struct {
	Name, Label, Kind string // of input, or choice
	Choices           []string
	Most              int // characters
}

// A doer makes the actions of one page.
type doer struct {
	origin string // of this server, as the caller knows it
}

func newDoer(r *http.Request) doer {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return doer{scheme + "://" + callableHost(r)}
}

// callableHost returns the host and port that r was sent to, if that is plain
// enough to stand in a command; it is what a caller says, after all.
func callableHost(r *http.Request) string {
	host := ownAddress(r)
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, ""
	}
	_, err = strconv.ParseUint(port, 10, 16)
	if strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]", r)
	}) || port != "" && err != nil {
		return "localhost"
	}
	return host
}

// action makes an action. Said is what its body says besides the fields, and
// example what they might say.
func (d doer) action(id, label, about, method, path string, said, example map[string]any, fields ...field) action {
	a := action{ID: id, Label: label, About: about, Method: method, Path: path, Fields: fields}
	if said != nil || fields != nil {
		a.Body = jsonText(said)
	}
	a.Curl = "curl -X " + method + ` -H "Authorization: Bearer $TOKEN"`
	if a.Body != "" {
		whole := map[string]any{}
		for _, m := range []map[string]any{said, example} {
			for k, v := range m {
				whole[k] = v
			}
		}
		a.Curl += " -H 'Content-Type: application/json' -d " + quote(jsonText(whole))
	}
	a.Curl += " " + quote(d.origin+path)
	return a
}

func jsonText(said map[string]any) string {
	if said == nil {
		return "{}"
	}
	text, err := marshalJSON(said)
	if err != nil {
		return "{}" // strings and lists of them have a text
	}
	return string(text)
}

// quote makes one word of a text for a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func whyField() field { return field{Name: "why", Label: "Why", Kind: "text", Most: health.MaxNote} }

// pause asks no more, or again.
func (d doer) pause(st *health.State) action {
	path := apiPath + checkPagePath(st.Spec.Name)
	if st.Has(health.Paused) {
		return d.action("act-resume", "Resume", "It is asked again at once, and its status is unknown until it has answered.", http.MethodPost, path+"/resume", nil, nil)
	}
	return d.action("act-pause", "Pause", "Nobody asks it until somebody resumes it, and nobody is told anything of it.", http.MethodPost, path+"/pause", nil,
		map[string]any{"why": "moves to another host"}, whyField())
}

// signOff removes what an app signed up for.
func (d doer) signOff(name string) action {
	a := d.action("act-sign-off", "Sign off", "It is asked no more, and the owner's token ends; what has happened to it stays in the journal. Its app may sign it up again.", http.MethodDelete, apiPath+checkPagePath(name), nil, nil)
	a.Then = "/#checks"
	return a
}

// acknowledge says that somebody looks after an incident, or takes it back.
func (d doer) acknowledge(in *history.Incident) action {
	path := apiPath + acknowledgePath
	if in.Ack != nil {
		return d.action("act-unacknowledge", "Take back the acknowledgement", "Reminders of this outage go on.", http.MethodDelete, path+"?incident="+url.QueryEscape(in.Key), nil, nil)
	}
	return d.action("act-acknowledge", "Acknowledge", "You look after this outage: there are no more reminders of it, and the page is calmer about it.", http.MethodPost, path,
		map[string]any{"incident": in.Key}, map[string]any{"note": "on it"}, field{Name: "note", Label: "Note", Kind: "text", Most: health.MaxNote})
}

// plan plans maintenance of checks; none: of all.
func (d doer) plan(checks ...string) action {
	about := "Trouble is expected: checks go on, and nobody is told before the end what begins in this time."
	said := map[string]any{}
	fields := []field{
		{Name: "from", Label: "From (by your clock; empty: now)", Kind: "datetime-local"},
		{Name: "for", Label: "For", Kind: "choice", Choices: []string{"30m", "1h", "2h", "4h", "8h", "24h"}}, whyField(),
	}
	example := map[string]any{"for": "1h", "why": "upgrade"}
	if len(checks) > 0 {
		said["checks"] = checks
	} else {
		example["checks"] = []string{"shop-*"}
		fields = append([]field{{Name: "checks", Label: "Checks (names or patterns; empty: all)", Kind: "list", Most: 500}}, fields...)
	}
	return d.action("act-plan", "Plan maintenance", about, http.MethodPost, apiPath+"/maintenance", said, example, fields...)
}

// unplan ends maintenance.
func (d doer) unplan(w *health.Window) action {
	id := url.PathEscape(w.ID)
	return d.action("act-end-"+id, "End", "It is over at once, or will not come.", http.MethodDelete, apiPath+"/maintenance/"+id, nil, nil)
}
