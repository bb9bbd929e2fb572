package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/client"
)

// A shop is as well as somebody says.
type shop struct {
	app    *client.App
	health *client.Health
	mood   atomic.Value // a client.Status
}

func newShop(log *slog.Logger) *shop {
	s := &shop{health: client.NewHealth(client.Service{ID: "example-shop", ReleaseID: "1.0.0", Description: "a shop to try portreeve with"}, client.Log(log))}
	s.mood.Store(client.Pass)
	s.health.Check("cart:responseTime", client.MeasureOptions{Interval: time.Second, ComponentType: "component", Unit: "ms", Affected: []string{"/cart"}}, s.measure)
	began := time.Now()
	s.health.Check("uptime", client.MeasureOptions{Interval: time.Second, ComponentType: "system", Unit: "s"}, func(context.Context) (client.Measurement, error) {
		return client.Measurement{Value: int(time.Since(began).Seconds())}, nil
	})
	return s
}

// measure finds the cart as somebody wants it to be.
func (s *shop) measure(context.Context) (client.Measurement, error) {
	switch mood := s.mood.Load().(client.Status); mood {
	case client.Pass:
		return client.Measurement{Value: 12}, nil
	case client.Warn:
		return client.Measurement{Value: 900, Status: mood, Output: "the cart is slow"}, nil
	default:
		return client.Measurement{Status: mood, Output: "the cart is gone"}, nil
	}
}

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/health", s.health)
	mux.HandleFunc("POST /ill", func(w http.ResponseWriter, r *http.Request) {
		switch how := client.Status(r.FormValue("how")); how {
		case "", client.Fail:
			s.mood.Store(client.Fail)
		case client.Warn:
			s.mood.Store(how)
		default:
			http.Error(w, "how is warn or fail", http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprintln(w, "ill within a second")
	})
	mux.HandleFunc("POST /well", func(w http.ResponseWriter, _ *http.Request) {
		s.mood.Store(client.Pass)
		fmt.Fprintln(w, "well within a second")
	})
	mux.HandleFunc("POST /pause", func(w http.ResponseWriter, r *http.Request) {
		answer(w, "paused", s.app.Pause(r.Context(), r.FormValue("why")))
	})
	mux.HandleFunc("POST /resume", func(w http.ResponseWriter, r *http.Request) {
		answer(w, "resumed", s.app.Resume(r.Context()))
	})
	return mux
}

// answer says that it is done, or why not.
func answer(w http.ResponseWriter, done string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, done)
}
