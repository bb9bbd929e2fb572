package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A checkBody is the definition of a check as an app writes it. It keeps what is
// wrong with it, so that all of that is said at once.
type checkBody struct {
	Name      string          `json:"name,omitempty" doc:"Lower-case letters, digits, dots, dashes and underscores, 63 at most" example:"shop-api"`
	Title     string          `json:"title,omitempty" doc:"Free text for people"`
	Target    string          `json:"target,omitempty" doc:"A URL; without a host it means your own address" example:"http://:3000/health"`
	Interval  health.Duration `json:"interval,omitempty" doc:"How often to ask: 5s to 300s; 30s when absent" example:"30s"`
	Timeout   health.Duration `json:"timeout,omitempty" doc:"How long to wait: 2s to 60s; 5s when absent. Cut to fit the interval" example:"5s"`
	Unhealthy int             `json:"unhealthy_threshold,omitempty" doc:"Failures in a row that make an outage: 2 to 10; 2 when absent" example:"2"`
	Healthy   int             `json:"healthy_threshold,omitempty" doc:"Passes in a row that end it: 2 to 10; 10 when absent" example:"10"`
	Path      string          `json:"path,omitempty" doc:"Of http, instead of the target's" example:"/health"`
	Expect    string          `json:"expect,omitempty" doc:"What the answer must be" example:"json.status == \"OK\""`
	Mode      health.Mode     `json:"mode,omitempty" enum:"accept,listen" doc:"Of tcp: a full connection, or half a handshake"`
	Family    health.Family   `json:"family,omitempty" enum:"auto,both,ipv4,ipv6" doc:"Which of a name's addresses to ask"`
	ServiceID string          `json:"service_id,omitempty" doc:"What its health+json must call the service"`
	Period    health.Duration `json:"period,omitempty" doc:"Of push: how long after one heartbeat the next is due, 10s to 744h" example:"24h"`
	Grace     health.Duration `json:"grace,omitempty" doc:"Of push: how late a heartbeat may be, 1s to 168h; a tenth of the period, and 10s at least, when absent" example:"1h"`
	Alerts    []string        `json:"alerts,omitempty" doc:"Routes of the configuration to tell; its default when absent" example:"[\"ops\"]"`

	wrong []health.FieldError
}

// readCheckBody reads an object field by field, and notes those that are wrong.
func readCheckBody(text []byte) (*checkBody, error) {
	b := &checkBody{}
	known := b.fields()
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	o, err := parseObject(text, names)
	if err != nil {
		return nil, huma.Error400BadRequest("the body is not the JSON that is expected: " + err.Error())
	}
	for _, w := range o.wrong {
		b.refuse(strings.TrimPrefix(strings.TrimPrefix(w.Location, "body"), "."), w.Message)
	}
	for _, f := range known {
		if raw, said := o.values[f.name]; said && !isNull(raw) {
			b.set(f, raw)
		}
	}
	return b, nil
}

// A bodyField is where a field goes, and what may stand in it.
type bodyField struct {
	name string
	into any
	kind string // what it must be
}

func (b *checkBody) fields() []bodyField {
	const text, time, number = "a text", "a time such as 30s", "a whole number"
	return []bodyField{
		{"name", &b.Name, text}, {"title", &b.Title, text}, {"target", &b.Target, text},
		{"interval", &b.Interval, time}, {"timeout", &b.Timeout, time}, {"unhealthy_threshold", &b.Unhealthy, number}, {"healthy_threshold", &b.Healthy, number},
		{"path", &b.Path, text}, {"expect", &b.Expect, text}, {"mode", &b.Mode, text}, {"family", &b.Family, text}, {"service_id", &b.ServiceID, text},
		{"period", &b.Period, time}, {"grace", &b.Grace, time}, {"alerts", &b.Alerts, "a list of names of routes"},
	}
}

// set reads one field. A number that is nothing is no way to leave it out: to a
// [registration.Request] it would say nothing at all.
func (b *checkBody) set(f bodyField, raw json.RawMessage) {
	if err := json.Unmarshal(raw, f.into); err != nil {
		b.refuse(f.name, fmt.Sprintf("must be %s", f.kind))
		return
	}
	switch v := f.into.(type) {
	case *health.Duration:
		if *v == 0 {
			b.wrong = append(b.wrong, registration.OutOfRange(f.name, "0s"))
		}
	case *int:
		if *v == 0 {
			b.wrong = append(b.wrong, registration.OutOfRange(f.name, "0"))
		}
	}
}

func (b *checkBody) refuse(field, reason string) {
	b.wrong = append(b.wrong, health.FieldError{Field: field, Reason: reason})
}

// named gives the body the name that stands in the path, too.
func (b *checkBody) named(name string) {
	if b.Name != "" && b.Name != name {
		b.refuse("name", "a check keeps its name: sign up another, and remove this one")
	}
	b.Name = name
}

// request is what the body asks for, with what could not be read: whoever judges the
// rest tells all of it at once.
func (b *checkBody) request() registration.Request {
	return registration.Request{
		Name: b.Name, Title: b.Title, Target: b.Target, Interval: b.Interval, Timeout: b.Timeout, Unhealthy: b.Unhealthy, Healthy: b.Healthy,
		Path: b.Path, Expect: b.Expect, Mode: b.Mode, Family: b.Family, ServiceID: b.ServiceID, Period: b.Period, Grace: b.Grace, Alerts: b.Alerts,
		Wrong: b.wrong,
	}
}
