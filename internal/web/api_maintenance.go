package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

// A windowInput asks for a time of maintenance.
type windowInput struct {
	Body struct {
		Checks []string  `json:"checks,omitempty" doc:"Names, or patterns such as shop-*; none: all checks" example:"[\"shop-api\"]"`
		From   time.Time `json:"from,omitzero" doc:"When it begins; now when absent"`
		Until  time.Time `json:"until,omitzero" doc:"When it ends"`
		For    string    `json:"for,omitempty" doc:"Instead of until: how long it is" example:"2h"`
		Weekly string    `json:"weekly,omitempty" doc:"Instead of all these: when it comes again every week" example:"Sun 02:00-04:00 Europe/London"`
		Why    string    `json:"why,omitempty" doc:"For people who wonder, on one line"`
	}
}

// window returns what is asked for, and what is wrong with it.
func (in *windowInput) window(by string, now time.Time) (health.Window, []health.FieldError) {
	b := &in.Body
	w := health.Window{Checks: b.Checks, From: b.From, Until: b.Until, Why: b.Why, By: by}
	var wrong []health.FieldError
	if b.Weekly != "" {
		var err error
		if w.Weekly, err = health.ParseWeekly(b.Weekly, ""); err != nil {
			return w, []health.FieldError{{Field: "weekly", Reason: err.Error(), Hint: "days, a time and perhaps a zone: Sun 02:00-04:00 Europe/London"}}
		}
	} else if w.From.IsZero() {
		w.From = now.UTC().Truncate(time.Second)
	}
	length, err := time.ParseDuration(cmp.Or(b.For, "1s"))
	switch {
	case b.For == "":
	case err != nil || length <= 0:
		wrong = append(wrong, health.FieldError{Field: "for", Reason: "is no length of time", Hint: "write it as 90m or 2h"})
	case !b.Until.IsZero() || b.Weekly != "":
		wrong = append(wrong, health.FieldError{Field: "for", Reason: "is one too many", Hint: "give for, or until, or weekly"})
	default:
		w.Until = w.From.Add(length)
	}
	if len(wrong) == 0 {
		wrong = w.Validate()
	}
	if len(wrong) == 0 && w.Until.UTC().Year() > 9999 { // JSON has no such time (RFC 3339), so nobody could keep it
		wrong = append(wrong, health.FieldError{Field: "until", Reason: "is beyond the year 9999"})
	}
	if len(wrong) == 0 && b.Weekly == "" && !w.Until.After(now) {
		wrong = append(wrong, health.FieldError{Field: "until", Reason: "is over already"})
	}
	return w, wrong
}

// A windowItem is a window, and how it stands.
type windowItem struct {
	health.Window
	Present bool      `json:"present" doc:"whether it is now"`
	Next    time.Time `json:"next,omitzero" doc:"when it begins or ends next; absent when it does not"`
}

type windowAnswer struct{ Body windowItem }

// A windowEnd ends a window.
type windowEnd struct {
	ID string `path:"id" maxLength:"100" doc:"The id of one that was made at run time"`
}

func windowItemOf(w health.Window, now time.Time) windowItem {
	next, _ := w.Next(now)
	return windowItem{w, w.At(now), next}
}

// windowItems returns the windows that are now or yet to come, the present ones
// first, then the next to begin.
func (s *Server) windowItems(now time.Time) []windowItem {
	items := []windowItem{}
	for _, w := range s.options.Registry.Windows() {
		if it := windowItemOf(w, now); it.Present || !it.Next.IsZero() {
			items = append(items, it)
		}
	}
	slices.SortStableFunc(items, func(a, b windowItem) int {
		if a.Present != b.Present {
			return map[bool]int{true: -1, false: 1}[a.Present]
		}
		return a.Next.Compare(b.Next)
	})
	return items
}

func (s *Server) registerMaintenance(api huma.API) {
	list := get("windows", "/maintenance", "Maintenance, now and to come", "Times in which trouble is expected: checks go on, and alerts that begin in them wait for their end. Those without an id are configured.")
	list.Tags = []string{"requests"}
	type report = board.Report[windowItem]
	huma.Register(api, list, func(_ context.Context, in *Conditional) (*answerOf[report], error) {
		v, now := s.board.View(), time.Now()
		items := s.windowItems(now)
		return conditionally(in, v.Look.ListenersAt, etag(v, digest(items)), func() report { return board.NewReport(v, items) })
	})
	add := request("plan", http.MethodPost, "/maintenance", "Plan maintenance", "Give for, or until, or weekly. The answer has the id by which it can be ended.")
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *windowInput) (*windowAnswer, error) {
		now := time.Now()
		w, wrong := in.window(identityOf(ctx).token.Name, now)
		if err := refused(wrong); err != nil {
			return nil, err
		}
		w, err := s.options.Registry.AddWindow(ctx, w)
		if err != nil {
			return nil, s.unkept("plan maintenance", err)
		}
		return &windowAnswer{windowItemOf(w, now)}, nil
	})
	end := request("unplan", http.MethodDelete, "/maintenance/{id}", "End maintenance", "It is over at once, or will not come. What the configuration has planned is ended there.", 404)
	huma.Register(api, end, func(ctx context.Context, in *windowEnd) (*struct{}, error) {
		if !slices.ContainsFunc(s.options.Registry.Windows(), func(w health.Window) bool { return w.ID != "" && w.ID == in.ID }) {
			return nil, huma.Error404NotFound("no maintenance has this id; " + apiPath + "/maintenance lists what is planned")
		}
		if err := s.options.Registry.EndWindow(ctx, in.ID, identityOf(ctx).token.Name); err != nil {
			return nil, s.unkept("end maintenance", err)
		}
		return nil, nil
	})
}
