package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A checkTable is the page's section of checks: one page of those that the
// checks' filter picks. Checks about portreeve itself are not among them.
type checkTable struct {
	Form     form
	Tallies  []figure
	Columns  []column
	Rows     []checkRow
	Matching int
	Total    int
	First    int // of the rows shown, from 1
	Last     int
	Previous string // link; empty on the first page
	Next     string
	Filtered bool
}

// A checkRow is one check as the page shows it.
type checkRow struct {
	ID      string // of the element, and in ?open=
	Name    string
	Page    string // link: all about it
	Mark    mark
	Tags    []cell // overlays
	Target  cell
	Own     ownPort // of this machine, which the check asks
	Since   moment
	Answer  cell // of the last round: a word or a code
	Took    string
	Why     string // it did not pass: the evidence
	Trouble bool   // whether the kernel's side tells more of that
	Cert    cell
	Asked   moment // when that was
	Next    string // when it is due again
	Open    bool
	Detail  *checkDetail // nil where it is not told yet, or the page's script keeps what it has
	Unfold  string       // link: the same page with the detail
}

// checkID begins the ids of checks' rows.
const checkID = "check-"

// How many checks one page shows. The first page of many, as it is without
// asking for anything, is short: what needs a look stands at its top, and
// everybody opens it.
const (
	checkRows = 100
	leadRows  = 25
)

// checkTable makes the section. It notes which checks are on the page.
func (c *composer) checkTable() checkTable {
	q := c.query
	picked := slices.DeleteFunc(q.checkOrder.Sort(q.checks.Select(c.view)), board.IsSelf)
	page, pages, first, last := q.checkPages(len(picked))
	t := checkTable{
		Form: c.checkForm(), Tallies: c.tallies(), Columns: c.checkColumns(), Matching: len(picked), Total: c.summary.Checks,
		First: min(first+1, len(picked)), Last: last, Filtered: q.checks.String() != "",
	}
	if page > 1 {
		t.Previous = q.link(change{"checks_page", fmt.Sprint(page - 1)}) + "#checks"
	}
	if page < pages {
		t.Next = q.link(change{"checks_page", fmt.Sprint(page + 1)}) + "#checks"
	}
	c.shown = map[string]bool{}
	for i, st := range picked[first:last] {
		c.shown[st.Spec.Name] = true
		t.Rows = append(t.Rows, c.checkRow(st, i < toldDetails))
	}
	return t
}

// checkPages returns which page of n checks to show, of how many, and the first
// and one past the last check on it.
func (q query) checkPages(n int) (page, pages, first, last int) {
	lead := checkRows
	if n > checkRows && q.checks.String() == "" && q.checkOrder == "" {
		lead = leadRows
	}
	pages = 1 + (max(n, lead)-lead+checkRows-1)/checkRows
	page = min(q.checkPage, pages)
	last = lead + (page-1)*checkRows
	return page, pages, max(0, last-checkRows), min(last, n)
}

// tallies count the checks, what needs a look first; a click picks them.
func (c *composer) tallies() []figure {
	s := &c.summary
	var out []figure
	for _, t := range []struct {
		name  string
		count int
	}{
		{"down", s.ChecksDown}, {"degrading", s.ChecksDegrading}, {"flapping", s.ChecksFlapping}, {"stale", s.ChecksStale},
		{"unknown", s.ChecksUnknown}, {"excused", s.ChecksExcused}, {"paused", s.ChecksPaused}, {"up", s.ChecksUp},
	} {
		picks := "status:" + t.name
		if t.name == "excused" {
			picks = "status:maintenance,unreachable"
		}
		if t.count > 0 {
			out = append(out, figure{t.name, fmt.Sprint(t.count), c.checksLink(picks)})
		}
	}
	return out
}

// checksLink leads to the checks that a filter picks.
func (c *composer) checksLink(filter string) string {
	return c.query.link(change{"checks", filter}, change{"checks_page", "1"}) + "#checks"
}

// checkLink leads to a check's row, wherever it is.
func (c *composer) checkLink(name string) string {
	if c.shown[name] {
		return "#" + checkID + name
	}
	return c.query.link(change{"checks", "name:" + name}, change{"checks_page", "1"}) + "#" + checkID + name
}

func (c *composer) checkForm() form {
	q := c.query
	f := form{Filter: q.checksText, Clear: c.checksLink(""), Keep: q.keep("checks", "checks_page")}
	f.Mistakes = slices.DeleteFunc(slices.Clone(q.mistakes), func(m mistake) bool { return !ofChecks(m) })
	return f
}

// ofChecks reports whether a mistake is in what picks checks.
func ofChecks(m mistake) bool { return strings.HasPrefix(m.Field, "checks") }

func (c *composer) checkColumns() []column {
	all := []struct{ key, label, class, title string }{
		{"name", "Check", "", ""}, {"target", "Target", "", "What is asked"}, {"status", "Status", "", "What is believed, and since when"},
		{"-took", "Last answer", "", "And how long it took"}, {"expires", "Certificate", "n", "Until the chain's first certificate ends"},
		{"asked", "Asked", "n", "When the last round began, and when the next is due"},
	}
	out := make([]column, 0, len(all))
	for _, a := range all {
		next, sorted := turn(string(c.query.checkOrder), a.key)
		link := c.query.link(change{"checks_sort", next}, change{"checks_page", "1"}) + "#checks"
		out = append(out, column{Label: a.label, Class: a.class, Title: a.title, Link: link, Sorted: sorted})
	}
	return out
}

func (c *composer) checkRow(st *health.State, told bool) checkRow {
	id := checkID + st.Spec.Name
	r := checkRow{
		ID: id, Name: st.Spec.Name, Page: checkPagePath(st.Spec.Name), Mark: stateMark(st), Tags: append(overlayTags(st), c.registrationTags(st)...), Since: ago(st.Since, c.now),
		Target: cell{Text: foreign.Text(st.Spec.Target).Clip(60), Title: foreign.Text(st.Spec.Title).Clip(80)},
		Own:    c.ownPort(st), Answer: lastAnswer(st), Cert: c.certCell(st), Next: at(st.Next, c.now).Text, Open: c.query.opened(id),
	}
	if st.Last != nil {
		r.Took, r.Asked = tookText(st), at(st.Last.At, c.now)
		if st.Last.Verdict != health.Pass {
			r.Why, r.Trouble = st.Last.Text.Clip(160), r.Own.Class != ""
		}
	}
	switch {
	case r.Open, told && !c.refreshing:
		r.Detail = c.checkDetail(st)
	case !c.refreshing:
		r.Unfold = c.unfold(id)
	}
	return r
}

// lastAnswer says a check's last result in a word or a code.
func lastAnswer(st *health.State) cell {
	switch {
	case st.Last == nil:
		return cell{Text: "not asked yet", Class: unclear.Class}
	case st.Last.Verdict != health.Pass:
		class := ""
		switch {
		case stateMark(st).Class == unclear.Class: // excused, or not known
		case st.Last.Verdict == health.Fail:
			class = trouble.Class
		case st.Last.Verdict == health.Warn:
			class = caution.Class
		}
		return cell{Text: strings.ReplaceAll(string(st.Last.Reason), "_", " "), Class: class}
	case isPush(st.Spec):
		return heardCell(st.Last)
	case st.Last.Answer != nil && st.Last.Answer.HTTP != nil:
		return cell{Text: fmt.Sprint(st.Last.Answer.HTTP.Status)}
	}
	return cell{Text: "answers"}
}

// Days before the end of a certificate from which on it is worth a colour.
const expiringDays = 14

// certCell says how long the certificate is still good, where there is one.
func (c *composer) certCell(st *health.State) cell {
	if st.Last == nil || st.Last.Answer == nil || st.Last.Answer.TLS == nil || st.Last.Answer.TLS.NotAfter.IsZero() {
		return cell{}
	}
	end := st.Last.Answer.TLS.NotAfter
	left := end.Sub(c.now)
	out := cell{Text: span(left) + " left", Title: "Ends " + end.Local().Format(timeLayout)}
	switch {
	case left <= 0:
		out.Text, out.Class = "ended "+span(-left)+" ago", trouble.Class
	case left < expiringDays*24*time.Hour:
		out.Class = caution.Class
	}
	return out
}
