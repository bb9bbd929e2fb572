package web

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/history"
)

// A latencyInput asks for a check's response times.
type latencyInput struct {
	Conditional
	Name  string    `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
	From  time.Time `query:"from" doc:"Not before then; a day before until when absent"`
	Until time.Time `query:"until" doc:"Before then; now when absent"`

	from, until time.Time
}

// Resolve sets what is absent, and names a time that cannot be.
func (in *latencyInput) Resolve(huma.Context) []error {
	in.until, in.from = in.Until, in.From
	if in.until.IsZero() {
		in.until = time.Now()
	}
	if in.from.IsZero() {
		in.from = in.until.Add(-24 * time.Hour)
	}
	switch length := in.until.Sub(in.from); {
	case length <= 0:
		return []error{&huma.ErrorDetail{Message: "must be before until", Location: "query.from", Value: in.From}}
	case length > maxLatency:
		return []error{&huma.ErrorDetail{Message: "must be at most 366 days before until", Location: "query.from", Value: in.From}}
	}
	return nil
}

// maxLatency is the longest time that response times are asked for at once.
const maxLatency = 366 * 24 * time.Hour

// maxResponses is how many stretches of time one answer tells of at most.
const maxResponses = 500

func (s *Server) registerLatency(api huma.API) {
	op := aboutPast(s.looksAtPast(api), "latency", "/latency", "How long a check's answers took", "Median, percentiles and the longest, per stretch of time in which there were answers, good or bad: five minutes each, "+
		"or longer ones where there would be more than 500, or where only longer ones are kept. Percentiles are at most a tenth off; the longest is exact.")
	type report = board.Report[history.Response]
	huma.Register(api, op, func(ctx context.Context, in *latencyInput) (*answerOf[listing[report]], error) {
		v := s.board.View()
		if v.FindCheck(in.Name) == nil {
			return nil, huma.Error404NotFound(unknownCheck(v, in.Name))
		}
		rows, err := s.options.History.Latency(ctx, in.Name, in.from, in.until)
		if err != nil {
			return nil, s.noHistory(ctx, "", err)
		}
		items := slices.DeleteFunc(responses(rows, in.from, in.until, maxResponses), func(r history.Response) bool { return r.Count == 0 })
		return conditionally(&in.Conditional, v.Look.ChecksAt, etag(v, digest(items)), func() listing[report] { return listed(board.NewReport(v, items)) })
	})
}

// responses returns how long answers took, in at most about so many stretches of
// time between two, which begin at multiples of their length.
func responses(rows []history.Latency, from, until time.Time, most int) []history.Response {
	step := stepFor(until.Sub(from), most)
	for i := range rows {
		step = max(step, rows[i].Span)
	}
	first := from.Truncate(step)
	n := int((until.Sub(first) + step - 1) / step)
	return history.Responses(rows, history.Steps(first.Add(step*time.Duration(n)), step, n))
}

// stepFor returns the shortest of some handy lengths by which a time has at most
// so many.
func stepFor(span time.Duration, most int) time.Duration {
	const hour = time.Hour
	all := []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour}
	for _, step := range all {
		if span <= step*time.Duration(most) {
			return step
		}
	}
	return all[len(all)-1]
}
