package web

import (
	"bufio"
	"cmp"
	"net"
	"net/http"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

// A targetGroup is one target of Prometheus's HTTP service discovery.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// Labels that Prometheus gives a meaning of its own.
const (
	pathLabel   = "__metrics_path__"
	schemeLabel = "__scheme__"
	checkLabel  = "__param_" + checkParam
	metaPrefix  = "__meta_portreeve_"
)

// serveDiscovery lists the checks as targets of Prometheus: each is to be
// scraped here, from /probe?check=NAME, with the check's name as instance. So
// this URL is all that a scrape configuration needs; the labels that begin with
// __meta_portreeve_ are there for those who want more. Paused checks are left
// out, for nothing is known of them, and that is no failure; and so is what
// portreeve says of itself, which nobody probes.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method == http.MethodHead {
		return
	}
	if err := writeDiscovery(w, r, s.board.View()); err != nil {
		s.log.Debug("web: service discovery", "err", err)
	}
}

// writeDiscovery writes target by target: ten thousand take no more memory
// than one.
func writeDiscovery(w http.ResponseWriter, r *http.Request, v *board.View) error {
	out := bufio.NewWriterSize(w, 32<<10)
	out.WriteByte('[') // a bufio.Writer keeps its first error until Flush
	first := true
	for _, st := range v.Checks {
		if st.Has(health.Paused) || st.Spec.Origin == health.FromSelf {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		text, err := marshalJSON(groupOf(st, r))
		if err != nil {
			return err
		}
		out.WriteByte('\n')
		out.Write(text)
	}
	out.WriteString("\n]\n")
	return out.Flush()
}

// groupOf returns a check as a target: this server, by the name that the caller
// knows it by.
func groupOf(st *health.State, r *http.Request) targetGroup {
	labels := map[string]string{
		"instance": st.Spec.Name,
		pathLabel:  probePath, checkLabel: st.Spec.Name,
		metaPrefix + "check":    st.Spec.Name,
		metaPrefix + "target":   st.Spec.Target,
		metaPrefix + "kind":     kindOf(st.Spec.Target),
		metaPrefix + "title":    st.Spec.Title,
		metaPrefix + "interval": st.Spec.Interval.String(),
		metaPrefix + "alerts":   commas(st.Spec.Alerts),
	}
	if r.TLS != nil {
		labels[schemeLabel] = "https"
	}
	return targetGroup{[]string{ownAddress(r)}, labels}
}

func kindOf(target string) string {
	t, err := health.ParseTarget(target)
	if err != nil {
		return ""
	}
	return t.Kind
}

// commas joins names as Prometheus's own discoveries do, for regular expressions:
// ",a,b,".
func commas(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "," + strings.Join(names, ",") + ","
}

// ownAddress returns the host and port that r was sent to.
func ownAddress(r *http.Request) string {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if addr == nil {
		return r.Host
	}
	return cmp.Or(r.Host, addr.String())
}
