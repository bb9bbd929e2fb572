package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Bounds of those who look at the past: so many requests at once, for each holds
// a check's changes, some megabytes; so long at most, for after that nobody
// takes the answer any more.
const (
	maxLooking  = 4
	lookingTime = 10 * time.Second
)

// look waits until there are few enough who look at the past. Without an error,
// leave must be called once, and ctx is for what is asked.
func (s *Server) look(ctx context.Context) (looking context.Context, leave func(), err error) {
	patience := time.NewTimer(historyPatience)
	defer patience.Stop()
	select {
	case s.looking <- struct{}{}:
	case <-patience.C:
		return ctx, nil, errCrowd
	case <-ctx.Done():
		return ctx, nil, ctx.Err()
	}
	looking, cancel := context.WithTimeout(ctx, lookingTime)
	return looking, func() {
		cancel()
		<-s.looking
	}, nil
}

const crowdDetail = "Too many look at the past at once."

// looks lets next answer those who look at the past.
func (s *Server) looks(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, leave, err := s.look(r.Context())
		if err != nil {
			p := problem{Status: http.StatusServiceUnavailable, Detail: crowdDetail, Hint: "Come back in a few seconds.", header: http.Header{"Retry-After": {retryAfter}}}
			p.serve(w, r)
			return
		}
		defer leave()
		next(w, r.WithContext(ctx))
	}
}

// looksAtPast does the same for an operation of the API.
func (s *Server) looksAtPast(api huma.API) huma.Middlewares {
	return huma.Middlewares{func(c huma.Context, next func(huma.Context)) {
		ctx, leave, err := s.look(c.Context())
		if err != nil {
			c.SetHeader("Retry-After", retryAfter)
			_ = huma.WriteErr(api, c, http.StatusServiceUnavailable, crowdDetail) // who is gone does not read it
			return
		}
		defer leave()
		next(huma.WithContext(c, ctx))
	}}
}
