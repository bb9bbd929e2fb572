package client

import "time"

// A Report is what a service says of its own health
// (draft-inadarei-api-health-check-06, section 3).
type Report struct {
	Status      Status                 `json:"status"`
	Version     string                 `json:"version,omitempty"`   // of the API
	ReleaseID   string                 `json:"releaseId,omitempty"` // of the implementation
	ServiceID   string                 `json:"serviceId,omitempty"`
	Description string                 `json:"description,omitempty"`
	Notes       []string               `json:"notes,omitempty"`
	Output      string                 `json:"output,omitempty"` // what is wrong; empty when nothing is
	Checks      map[string][]Component `json:"checks,omitempty"` // by "component:measurement"
	Links       map[string]string      `json:"links,omitempty"`  // by relation, URIs
}

// A Component is one measurement of a part of a service (section 4 of the draft).
type Component struct {
	ID     string `json:"componentId,omitempty"`
	Type   string `json:"componentType,omitempty"` // component, datastore, system, or a URI
	Value  any    `json:"observedValue,omitempty"` // whatever JSON holds
	Unit   string `json:"observedUnit,omitempty"`
	Status Status `json:"status,omitempty"` // empty: nothing is said of it
	// Affected are the endpoints that do not work for it, as URI templates.
	Affected []string  `json:"affectedEndpoints,omitempty"`
	Time     time.Time `json:"time,omitzero"`    // when it was measured
	Output   string    `json:"output,omitempty"` // what is wrong
}
