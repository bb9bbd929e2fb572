// Command example is an app that portreeve watches: a shop, as far as one can
// tell. Its health can be made worse and better again over HTTP.
//
//	go run ./client/example             # finds portreeve on the network
//	curl -X POST localhost:3000/ill     # or /ill?how=warn, and /well
//	curl -X POST localhost:3000/pause   # and /resume
//	curl localhost:3000/health
//
// With -server it asks one portreeve and no other. Ctrl-C signs it off.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/portreeve/portreeve/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "example: error:", err)
		os.Exit(1)
	}
}

// run serves the shop until the context ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(out)
	listen := flags.String("listen", ":3000", "serve on `ADDRESS:PORT`")
	name := flags.String("name", "shop", "the `NAME` of the check")
	server := flags.String("server", "", "the `URL` of portreeve; default: the one on the network")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(out, nil))
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	s := newShop(log)
	defer s.health.Close()

	options := []client.Option{client.Log(log), client.OnClose(client.Stop)}
	if *server != "" {
		options = append(options, client.At(&client.Server{URL: *server, Token: os.Getenv("PORTREEVE_TOKEN")}))
	}
	target := fmt.Sprintf("http://:%d/health", listener.Addr().(*net.TCPAddr).Port)
	s.app, err = client.Register(ctx, client.Check{Name: *name, Title: "Example shop", URL: target, Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 2}, options...)
	if err != nil {
		listener.Close()
		return err
	}
	log.Info("serving", "address", listener.Addr())
	err = serve(ctx, &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}, listener)
	return errors.Join(err, s.app.Close())
}

// serve serves until the context ends, and what is under way then to its end.
func serve(ctx context.Context, web *http.Server, l net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return web.Shutdown(ctx)
}
