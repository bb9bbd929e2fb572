package web

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A checksInput picks and sorts checks.
type checksInput struct {
	Conditional
	Filter string `query:"filter" maxLength:"500" doc:"The page's filter, by the keys status, kind, reason, origin, name, host, port and alert" example:"status:down,degrading -host:example.org"`
	Sort   string `query:"sort" doc:"name, target, status, reason, took, since, asked, expires or flaps; a leading minus reverses; the most urgent first when absent" example:"expires"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many checks"`
	After  string `query:"after" doc:"The next of the part before, to read on; with the same filter and sort"`

	query board.CheckQuery
}

// Resolve reads the filter, the order and the place, and names each that is
// wrong.
func (in *checksInput) Resolve(huma.Context) []error {
	var errs []error
	var err error
	in.query = board.CheckQuery{After: in.After, Limit: in.Limit}
	if in.query.Filter, err = board.ParseCheckFilter(in.Filter); err != nil {
		errs = append(errs, queryError("filter", in.Filter, err))
	}
	if in.query.Order, err = board.ParseCheckOrder(in.Sort); err != nil {
		errs = append(errs, queryError("sort", in.Sort, err))
	}
	if in.query.Validate() != nil {
		errs = append(errs, afterError(in.After))
	}
	return errs
}

// afterError says what an after is.
func afterError(value string) error {
	return &huma.ErrorDetail{Message: "no place in this list; take the next of an answer", Location: "query.after", Value: value}
}

// A checkInput names one check.
type checkInput struct {
	Conditional
	Name string `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
}

type checksPart = board.Part[*health.State]

func (s *Server) registerChecks(api huma.API) {
	all := get("checks", "/checks", "What is watched", "What is believed of each check, and the last result behind it. "+
		"Results that pass as those before do not change the ETag, unless the answer is sorted by what they change; "+
		"the header "+lookedAt+" says when the newest began. Headers and bodies that checks send are not told.", 422)
	huma.Register(api, all, func(_ context.Context, in *checksInput) (*answerOf[listing[checksPart]], error) {
		v := s.board.View()
		return conditionally(&in.Conditional, v.Look.ChecksAt, etag(v, restless(v, in.query.Order)...), func() listing[checksPart] { return checksOn(v, in.query) })
	})
	one := get("check", "/checks/{name}", "One check", "By its name. Its ETag changes with every result.", 404, 422)
	huma.Register(api, one, func(_ context.Context, in *checkInput) (*answerOf[checksPart], error) {
		v := s.board.View()
		st := v.FindCheck(in.Name)
		if st == nil {
			return nil, huma.Error404NotFound(unknownCheck(v, in.Name))
		}
		asked := askedAt(st)
		return conditionally(&in.Conditional, asked, etag(v, timeTag(asked)), func() checksPart {
			part := board.NewChecksPart(v, []*health.State{st}, 1, "")
			part.Time = asked
			return part
		})
	})
	describeState(api.OpenAPI().Components.Schemas)
}

// describeState tells the description what Go's types do not say of a check.
func describeState(r huma.Registry) {
	p := r.SchemaFromRef(r.Schema(reflect.TypeFor[health.State](), true, "").Ref).Properties
	for _, s := range health.Statuses() {
		p["status"].Enum = append(p["status"].Enum, string(s))
	}
	for _, o := range health.Overlays() {
		p["overlays"].Items.Enum = append(p["overlays"].Items.Enum, string(o))
	}
	p["last"] = &huma.Schema{OneOf: []*huma.Schema{p["last"], {Type: "null"}}, Description: "The last result; null before the first"}
}

// checksOn returns the part of v's checks that q asks for; q is valid.
func checksOn(v *board.View, q board.CheckQuery) listing[checksPart] {
	states, next, matching, _ := q.Page(v)
	return listing[checksPart]{board.NewChecksPart(v, nil, matching, next), func(yield func(any) bool) {
		for _, st := range states {
			if !yield(st) {
				return
			}
		}
	}}
}

// restless returns what a validator needs besides the generation if checks are
// sorted by what every result may change.
func restless(v *board.View, o board.CheckOrder) []string {
	if slices.Contains([]string{"took", "asked", "expires", "flaps"}, strings.TrimPrefix(string(o), "-")) {
		return []string{timeTag(v.Look.ChecksAt)}
	}
	return nil
}

// timeTag stands for a time in a validator.
func timeTag(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 36) }

// askedAt returns when a check's last result began; the zero Time if it has none.
func askedAt(st *health.State) time.Time {
	if st.Last == nil {
		return time.Time{}
	}
	return st.Last.At
}

// unknownCheck says that there is no check of a name, and which was meant.
func unknownCheck(v *board.View, name string) string {
	names := make([]string, len(v.Checks))
	for i, st := range v.Checks {
		names[i] = st.Spec.Name
	}
	if near, ok := port.Nearest(name, names); ok {
		return fmt.Sprintf("no check has the name %q; did you mean %s?", name, near)
	}
	return fmt.Sprintf("no check has the name %q; %s lists those there are", name, apiPath+"/checks")
}
