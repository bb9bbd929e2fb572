package compat

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// maxColumn is how much of an app's name a column holds, in runes.
const maxColumn = 40

// writeText writes apps as a table.
func writeText(w http.ResponseWriter, apps []app) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "APP\tSTATUS\tSINCE\tLAST ANSWER\tRESTARTS\tURL")
	for i := range apps {
		a := &apps[i]
		target := "-"
		if a.details != nil {
			target = shown(a.URL)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", foreign.Text(a.Appname).Clip(maxColumn), a.words(), stamp(a.Since), a.Last.words(), a.restarts(), target)
	}
	t.Flush()
}

// writeTurn says where the rest is.
func writeTurn(w io.Writer, v survey) {
	if v.Page < v.Pages {
		fmt.Fprintf(w, "page %d of %d: ?page=%d goes on\n", v.Page, v.Pages, v.Page+1)
	}
}

// words are the status with the overlays that it is to be read with.
func (a *app) words() string {
	all := []string{string(a.Status)}
	for _, o := range a.Overlays {
		all = append(all, string(o))
	}
	if a.Unasked {
		all = append(all, "NOT ASKED")
	}
	return strings.Join(all, ", ")
}

// restarts says how often the app signed up again.
func (a *app) restarts() string {
	if a.CrashLoop {
		return fmt.Sprintf("%d, crash loop", a.Restarts)
	}
	return fmt.Sprint(a.Restarts)
}

// words say what the app answered, nil: nothing yet.
func (a *answer) words() string {
	switch {
	case a == nil:
		return "none yet"
	case a.Verdict == health.Pass:
		return "pass at " + stamp(a.At)
	}
	return fmt.Sprintf("%s: %s at %s", a.Verdict, a.Reason, stamp(a.At))
}

// stamp writes a time for people and programs alike, in the machine's zone.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.RFC3339)
}

// writeJSON writes what can always be written.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v)
}
