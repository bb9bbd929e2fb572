package app

import (
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/health"
)

// An infoDocument is what `info --json` prints: what the server answers, in its
// words, and which server it was.
type infoDocument struct {
	Server    string          `json:"server"`
	Name      string          `json:"name"`
	Owner     string          `json:"owner"`
	Address   string          `json:"address,omitempty"`
	Created   time.Time       `json:"created"`
	Renewed   time.Time       `json:"renewed"`
	Restarts  int             `json:"restarts"`
	CrashLoop bool            `json:"crash_loop"`
	Conflict  bool            `json:"conflict"`
	Paused    bool            `json:"paused"`
	Status    string          `json:"status"`
	Since     time.Time       `json:"since,omitzero"`
	Last      *resultDocument `json:"last,omitempty"`
	Spec      specDocument    `json:"spec"`
}

// A specDocument is a definition as the API writes it.
type specDocument struct {
	Title      string            `json:"title,omitempty"`
	Target     string            `json:"target"`
	Interval   health.Duration   `json:"interval"`
	Timeout    health.Duration   `json:"timeout"`
	Thresholds health.Thresholds `json:"thresholds"`
	Period     health.Duration   `json:"period,omitempty"`
	Grace      health.Duration   `json:"grace,omitempty"`
	Alerts     []string          `json:"alerts,omitempty"`
}

// A resultDocument is a result as the API writes it.
type resultDocument struct {
	At      time.Time       `json:"at"`
	Took    health.Duration `json:"took"`
	Verdict string          `json:"verdict"`
	Reason  string          `json:"reason,omitempty"`
	Text    string          `json:"text,omitempty"`
}

func documentOf(server string, i *client.Info) infoDocument {
	d := infoDocument{
		Server: server, Name: i.Name, Owner: i.Owner, Address: i.Address, Created: i.Created, Renewed: i.Renewed,
		Restarts: i.Restarts, CrashLoop: i.CrashLoop, Conflict: i.Conflict, Paused: i.Paused, Status: i.Status, Since: i.Since,
		Spec: specDocument{
			Title: i.Spec.Title, Target: i.Spec.Target, Interval: health.Duration(i.Spec.Interval), Timeout: health.Duration(i.Spec.Timeout),
			Thresholds: health.Thresholds{Unhealthy: i.Spec.Unhealthy, Healthy: i.Spec.Healthy},
			Period:     health.Duration(i.Spec.Period), Grace: health.Duration(i.Spec.Grace), Alerts: i.Spec.Alerts,
		},
	}
	if r := i.Last; r != nil {
		d.Last = &resultDocument{r.At, health.Duration(r.Took), r.Verdict, r.Reason, r.Text}
	}
	return d
}
