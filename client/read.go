package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// MaxReport is how long a report may be that is read, in bytes, after it is
// unpacked.
const MaxReport = 64 << 10

// ReadHealth reads what a service says of its own health from an answer that is
// application/health+json, or plain application/json with a status. It reads the
// body, at most [MaxReport] bytes of it, and leaves it to the caller to close it.
//
// Keys are taken in any case, so that the serviceID and releaseID of older services
// are understood, as are their details for checks, and one object where an array
// should be. Statuses are made pass, warn or fail: ok and up mean pass, error and
// down mean fail. A member of the wrong kind, or a time that is none, counts as
// absent. It is an error when the body is no JSON object, is too long, or has no
// status that means anything.
//
// The HTTP status is not looked at: who judges should take the worse of the two.
func ReadHealth(resp *http.Response) (*Report, error) {
	if !isJSON(resp.Header) {
		return nil, fmt.Errorf("read health: %q is not application/health+json", resp.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxReport+1))
	if err != nil {
		return nil, fmt.Errorf("read health: %w", err)
	}
	if len(body) > MaxReport {
		return nil, fmt.Errorf("read health: the report is longer than %d bytes", MaxReport)
	}
	return ParseHealth(body)
}

// ParseHealth reads a report as ReadHealth does.
func ParseHealth(body []byte) (*Report, error) {
	o, err := objectOf(body)
	if err != nil {
		return nil, fmt.Errorf("read health: %w", err)
	}
	status, ok := statusOf(text(o, "status"))
	if !ok {
		return nil, fmt.Errorf("read health: the status %q is not pass, warn or fail", text(o, "status"))
	}
	r := &Report{
		Status: status, Version: text(o, "version"), ReleaseID: text(o, "releaseid"), ServiceID: text(o, "serviceid"),
		Description: text(o, "description"), Output: text(o, "output"), Notes: texts(o["notes"]),
		Links: links(o["links"]), Checks: components(o["checks"]),
	}
	if r.Checks == nil {
		r.Checks = components(o["details"])
	}
	return r, nil
}

// An object is a JSON object by its keys in lower case.
type object map[string]json.RawMessage

func objectOf(data []byte) (object, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("null is no object")
	}
	o := make(object, len(members))
	for key, value := range members {
		lower := strings.ToLower(key)
		if _, twice := o[lower]; !twice || key == lower {
			o[lower] = value
		}
	}
	return o, nil
}

// text returns a member that is a string, or a number as it is written: older
// services number their releases.
func text(o object, key string) string {
	var s string
	if json.Unmarshal(o[key], &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(o[key], &n) == nil {
		return n.String()
	}
	return ""
}

func texts(data json.RawMessage) []string {
	var list []string
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	return list
}

// links returns those that are plain URIs.
func links(data json.RawMessage) map[string]string {
	var all map[string]any
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	var plain map[string]string
	for relation, link := range all {
		if s, ok := link.(string); ok {
			if plain == nil {
				plain = map[string]string{}
			}
			plain[relation] = s
		}
	}
	return plain
}

// components reads the checks of a report.
func components(data json.RawMessage) map[string][]Component {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil || all == nil {
		return nil
	}
	checks := make(map[string][]Component, len(all))
	for name, data := range all {
		var list []json.RawMessage
		if json.Unmarshal(data, &list) != nil {
			list = []json.RawMessage{data}
		}
		for _, entry := range list {
			if o, err := objectOf(entry); err == nil {
				checks[name] = append(checks[name], componentOf(o))
			}
		}
	}
	return checks
}

func componentOf(o object) Component {
	c := Component{
		ID: text(o, "componentid"), Type: text(o, "componenttype"), Unit: text(o, "observedunit"),
		Affected: texts(o["affectedendpoints"]), Output: text(o, "output"),
	}
	json.Unmarshal(o["observedvalue"], &c.Value) // what is no JSON did not come this far; absent is nil
	c.Status, _ = statusOf(text(o, "status"))
	c.Time, _ = time.Parse(time.RFC3339, text(o, "time"))
	return c
}
