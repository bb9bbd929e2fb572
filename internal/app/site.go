package app

import (
	"net/url"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/registry"
)

// A site answers those who tell people about the present.
type site struct {
	*board.Board
	registry *registry.Registry
	url      string // of the page, without a slash at its end; empty: there is none
}

var _ notify.Site = (*site)(nil)

// Check implements [notify.Site].
func (s *site) Check(name string) *health.State { return s.View().FindCheck(name) }

// Failing implements [notify.Site]. Faults of our own are told by themselves.
func (s *site) Failing(limit int) (names []string, all int) {
	for _, st := range s.View().Checks {
		if st.Status != health.Unhealthy || board.IsSelf(st) || st.Has(health.Paused) {
			continue
		}
		if all++; len(names) < limit {
			names = append(names, st.Spec.Name)
		}
	}
	return names, all
}

// Acknowledged implements [notify.Site].
func (s *site) Acknowledged(incident string) bool {
	_, ok := s.registry.Acknowledged(incident)
	return ok
}

// Page implements [notify.Site].
func (s *site) Page(check string) string {
	if s.url == "" {
		return ""
	}
	return s.url + "/checks/" + url.PathEscape(check)
}
