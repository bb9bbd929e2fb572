package compat

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/portreeve/portreeve/internal/registration"
)

// A done is what became of an app, as pages and programs are told.
type done string

const (
	paused  done = "paused"
	resumed done = "resumed"
	stopped done = "stopped"
)

// words say it of an app, with what follows from it.
func (d done) words() string {
	switch d {
	case paused:
		return "is paused: nobody asks it until it is resumed or signs up again"
	case resumed:
		return "is resumed: it is asked again from now on"
	}
	return "is watched no more"
}

// managing makes a reply of what is done to one app.
func (s *server) managing(d done, do func(context.Context, registration.Caller, string) error) reply {
	return func(w http.ResponseWriter, r ask) *refusal {
		name, called, no := appOf(r.Request)
		if no != nil {
			return no
		}
		if err := do(r.Context(), r.by, name); err != nil {
			return s.refusalOf(err, name)
		}
		if r.Method == http.MethodPost && wants(r.Request, "text/html") {
			w.Header().Set("Location", Path+"status?done="+string(d))
			w.WriteHeader(http.StatusSeeOther)
			return nil
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s %s.\n", called, d.words())
		return nil
	}
}

func (s *server) pause(ctx context.Context, by registration.Caller, name string) error {
	return s.Registrar.PauseOwn(ctx, by, name, "asked for by the app's address")
}

func (s *server) resume(ctx context.Context, by registration.Caller, name string) error {
	return s.Registrar.ResumeOwn(ctx, by, name)
}

func (s *server) stop(ctx context.Context, by registration.Caller, name string) error {
	return s.Registrar.Remove(ctx, by, name)
}

// appOf returns the name of the check that a request is about, and what its app is
// called: by appname, which may be any text, or by name, which is the check's own.
func appOf(r *http.Request) (name, called string, no *refusal) {
	f, wrong := parseForm(r.URL.RawQuery)
	if r.Method == http.MethodPost {
		if f, wrong, no = readForm(r); no != nil {
			return "", "", no
		}
	}
	v := validation{f, wrong}
	name, text := f[fieldCheck], f[fieldCheck]
	if name == "" {
		text, _ = v.given(fieldName, "the name that the app signed up with, as ?appname=shop")
		name, _ = registration.NameOf(text)
	}
	if len(v.wrong) > 0 {
		return "", "", &refusal{status: http.StatusBadRequest, detail: "It is not clear which app is meant:", fields: v.wrong}
	}
	return name, shown(text), nil
}

// An offer is a button that asks for what a browser's GET does not do.
type offer struct {
	Verb   string
	Action string // the path of the form
	Field  string // what says which app is meant
	Value  string
	Called string
}

// unasked answers a browser that sent a GET which changes something: nobody knows
// whether a person wanted it. A person gets a button.
func (s *server) unasked(verb string, r ask) *refusal {
	p := &refusal{
		status: http.StatusForbidden, detail: "A browser's GET changes nothing here, for any page could make it send one.",
		hint: "Use the buttons of " + Path + "status, or a program such as curl.",
	}
	if _, called, no := appOf(r.Request); no == nil && !otherSite(r.Request) {
		p.offer = offerOf(verb, r.URL, called)
	}
	return p
}

// press is the button beside an app whose check has that name.
func press(path, verb, check string) offer {
	return offer{Verb: verb, Action: Path + path, Field: fieldCheck, Value: check}
}

func offerOf(verb string, u *url.URL, called string) *offer {
	o := &offer{Verb: verb, Action: u.Path, Called: called, Field: fieldName}
	f, _ := parseForm(u.RawQuery)
	if f[fieldCheck] != "" {
		o.Field = fieldCheck
	}
	o.Value = f[o.Field]
	return o
}

// info tells an app's owner all that is known of it.
func (s *server) info(w http.ResponseWriter, r ask) *refusal {
	name, called, no := appOf(r.Request)
	if no != nil {
		return no
	}
	if err := s.Registrar.MayChange(r.by, name); err != nil {
		return s.refusalOf(err, name)
	}
	reg, ok := s.Registrar.Registration(name)
	if !ok { // it went meanwhile
		return s.refusalOf(&registration.Refusal{Because: registration.Absent, Detail: fmt.Sprintf("No app %q has signed up.", called)}, name)
	}
	a := describe(&reg, s.Board.View(), r.by, time.Now())
	if wants(r.Request, "text/plain") {
		writeText(w, []app{a})
		return nil
	}
	writeJSON(w, a)
	return nil
}
