package probe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// isHealthJSON reports whether an answer's body tells of the health of who
// answers (draft-inadarei-api-health-check-06).
func isHealthJSON(resp *http.Response) bool {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/health+json")
}

// selfReport reads the status of a health+json body. Words for the same thing
// that are older than the draft are understood, in any case (section 3.1).
// A word that means nothing is a warning: the server did say 200.
func selfReport(b body, s secrets) *fault {
	if f := b.unusable(); f != nil {
		return f
	}
	var report struct {
		Status *string `json:"status"`
	}
	if err := json.Unmarshal(b.bytes, &report); err != nil {
		return blame(health.NotJSON, "application/health+json that is no JSON: "+err.Error())
	}
	if report.Status == nil {
		return &fault{health.Warn, health.HealthWarn, "a health report without a status"}
	}
	says := fmt.Sprintf("its health report says %q", s.shown(*report.Status))
	switch strings.ToLower(*report.Status) {
	case "pass", "ok", "up":
		return nil
	case "warn":
		return &fault{health.Warn, health.HealthWarn, says}
	case "fail", "error", "down":
		return blame(health.ExpectationFailed, says)
	}
	return &fault{health.Warn, health.HealthWarn, says + ", which is no status"}
}
