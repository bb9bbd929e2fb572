package web

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// Limits of what a heartbeat says.
const (
	maxBeatText = 10 << 10            // bytes
	maxRun      = 31 * 24 * time.Hour // as the longest period is
)

// beatFields are what a heartbeat may say, in its query or in JSON.
func beatFields() []string { return []string{"took", "exit_code", "text"} }

// A beatNote is what a heartbeat says besides its signal.
type beatNote struct {
	beat  health.Beat
	wrong []wrongField
}

// beatOf reads a heartbeat. A body that is not JSON is its text, and of a long
// one the beginning: a job that has much to say must not be missed for it.
func beatOf(w http.ResponseWriter, r *http.Request, word string) (health.Beat, *problem) {
	n := beatNote{beat: health.Beat{At: time.Now().UTC()}}
	n.readQuery(r)
	if p := n.readBody(w, r); p != nil {
		return n.beat, p
	}
	if n.wrong != nil {
		slices.SortFunc(n.wrong, func(a, b wrongField) int { return strings.Compare(a.Location, b.Location) })
		return n.beat, invalid(firstWrong(n.wrong), "")
	}
	var p *problem
	n.beat.Signal, p = signalOf(word, n.beat.Code)
	return n.beat, p
}

func (n *beatNote) readQuery(r *http.Request) {
	for name, values := range r.URL.Query() {
		at := "query." + foreign.Text(name).Clip(maxShown)
		switch {
		case !slices.Contains(beatFields(), name):
			n.wrong = append(n.wrong, wrong(at, "", "%s", unknownField(name, beatFields())))
		case len(values) > 1:
			n.wrong = append(n.wrong, wrong(at, "", "is there %d times", len(values)))
		default:
			n.set(at, name, values[0])
		}
	}
}

func (n *beatNote) readBody(w http.ResponseWriter, r *http.Request) *problem {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || kind != "application/json" {
		text, err := io.ReadAll(io.LimitReader(r.Body, maxBeatText))
		if err != nil {
			return &problem{Status: http.StatusBadRequest, Detail: "The body did not come in full."}
		}
		if len(text) > 0 {
			n.beat.Text = foreign.Text(strings.TrimSpace(string(text)))
		}
		return nil
	}
	if r.ContentLength == 0 {
		return nil
	}
	o, p := readObject(w, r, maxBeatText, beatFields()...)
	if p != nil {
		return p
	}
	n.wrong = append(n.wrong, o.wrong...)
	for name, raw := range o.values {
		n.setJSON("body."+name, name, raw)
	}
	return nil
}

// setJSON sets a field from a string or a number.
func (n *beatNote) setJSON(at, name string, raw json.RawMessage) {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		n.set(at, name, text)
		return
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil || name == "text" {
		n.wrong = append(n.wrong, wrong(at, string(raw), "must be %s", map[string]string{"took": "a time such as 90s, or a number of seconds", "exit_code": "a whole number", "text": "a string"}[name]))
		return
	}
	n.set(at, name, number.String())
}

// set sets a field from its text.
func (n *beatNote) set(at, name, text string) {
	switch name {
	case "took":
		took, err := runTime(text)
		if err != nil {
			n.wrong = append(n.wrong, wrong(at, text, "%v", err))
		}
		n.beat.Took = health.Duration(took)
	case "exit_code":
		code, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			n.wrong = append(n.wrong, wrong(at, text, "must be a whole number, as a program's exit code is"))
		}
		n.beat.Code = int(code)
	case "text":
		n.beat.Text = foreign.Text(text[:min(len(text), maxBeatText)])
	}
}

// runTime reads how long a run took: 90s, 1m30s, or a number of seconds.
func runTime(text string) (time.Duration, error) {
	took, err := time.ParseDuration(text)
	if seconds, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		took, err = time.Duration(min(max(seconds, -1), 2*maxRun.Seconds())*float64(time.Second)), nil
		if math.IsNaN(seconds) {
			took = -1
		}
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("must be a time such as 90s or 1m30s, or a number of seconds")
	case took < 0 || took > maxRun:
		return 0, fmt.Errorf("is out of range: 0s to 744h")
	}
	return took, nil
}

// unknownField says that there is no field of a name, and which was meant.
func unknownField(name string, known []string) string {
	if near, ok := port.Nearest(name, known); ok {
		return fmt.Sprintf("is unknown; did you mean %s?", near)
	}
	if len(known) == 0 {
		return "is unknown; there are no fields here"
	}
	return "is unknown; fields are " + strings.Join(known, ", ")
}
