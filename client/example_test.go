package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/portreeve/portreeve/client"
)

// Three lines are enough where a server is announced on the network. The options
// of this example name one, and wait for it.
func ExampleRegister() {
	portreeve := httptest.NewServer(newMonitor())
	defer portreeve.Close()
	ctx := context.Background()

	app, err := client.Register(ctx, client.Check{Name: "shop", URL: "http://:3000/health"},
		client.At(&client.Server{URL: portreeve.URL}), client.Wait(10*time.Second), client.OnClose(client.Stop))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()

	fmt.Println(app.Receipt().Outcome)
	// Output: created
}

// A refusal names every wrong field.
func ExampleError() {
	portreeve := httptest.NewServer(newMonitor())
	defer portreeve.Close()
	s := &client.Server{URL: portreeve.URL}

	_, err := s.Register(context.Background(), client.Check{Name: "shop", URL: "http://:3000", Interval: time.Second, Unhealthy: 1})
	var refusal *client.Error
	if errors.As(err, &refusal) {
		for _, f := range refusal.Fields {
			fmt.Println(f.Name, f.Reason)
		}
	}
	// Output:
	// unhealthy_threshold is out of range: 2 to 10
	// interval is out of range: 5s to 5m0s
}

func ExampleServer() {
	portreeve := httptest.NewServer(newMonitor())
	defer portreeve.Close()
	ctx := context.Background()
	s := &client.Server{URL: portreeve.URL}

	receipt, err := s.Register(ctx, client.Check{Name: "shop", URL: "http://:3000/health"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Token = receipt.Token // the owner's, told once
	fmt.Println(s.Pause(ctx, "shop", "moves to another host"))
	fmt.Println(s.Resume(ctx, "shop"))
	info, err := s.Info(ctx, "shop")
	fmt.Println(info.Status, info.Spec.Interval, err)
	fmt.Println(s.Stop(ctx, "shop"))
	// Output:
	// <nil>
	// <nil>
	// HEALTHY 30s <nil>
	// <nil>
}

// A job that runs once a day signs up once, and is missed when it does not run.
func ExampleJob() {
	portreeve := httptest.NewServer(newMonitor())
	defer portreeve.Close()
	ctx := context.Background()
	s := &client.Server{URL: portreeve.URL}
	receipt, err := s.Register(ctx, client.Check{Name: "backup", URL: "push://backup", Period: 24 * time.Hour, Grace: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Token = receipt.Token

	err = client.Job(ctx, s, "backup", func(context.Context) error {
		return errors.New("disk full")
	})
	fmt.Println(err)
	// Output: disk full
}

func ExampleHealth() {
	h := client.NewHealth(client.Service{ID: "shop", ReleaseID: "1.4.2"})
	defer h.Close()
	h.Check("orders:backlog", client.MeasureOptions{Interval: 30 * time.Second, Timeout: 2 * time.Second, Unit: "orders"}, func(context.Context) (client.Measurement, error) {
		return client.Measurement{Value: 4200, Status: client.Warn, Output: "more than 1000 orders wait"}, nil
	})
	mux := http.NewServeMux()
	mux.Handle("/health", h)

	report := h.Report()
	for report.Checks["orders:backlog"][0].Time.IsZero() { // it is measured in the background
		time.Sleep(time.Millisecond)
		report = h.Report()
	}
	fmt.Println(report.Status, report.Output)
	// Output: warn orders:backlog: more than 1000 orders wait
}

func ExampleReadHealth() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/health+json")
		json.NewEncoder(w).Encode(client.Report{Status: client.Warn, Output: "nearly full"})
	}))
	defer shop.Close()

	resp, err := http.Get(shop.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	report, err := client.ReadHealth(resp)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Status, report.Output)
	// Output: warn nearly full
}
