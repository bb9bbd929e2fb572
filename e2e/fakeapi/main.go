// Fakeapi is an API to try portreeve's monitor on: it is well until it is told
// to fail.
//
//	go run ./e2e/fakeapi                                  # on 127.0.0.1:8099
//	portreeve monitor http://127.0.0.1:8099/
//	curl -X PUT '127.0.0.1:8099/control?status=503'       # an outage
//	curl -X DELETE 127.0.0.1:8099/control                 # and its end
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/portreeve/portreeve/e2e/fakeapi/api"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8099", "where to answer: ADDRESS:PORT")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "fakeapi: error:", err)
		os.Exit(1)
	}
}

// serve answers until ctx ends.
func serve(ctx context.Context, address string) error {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	url := "http://" + ln.Addr().String()
	fmt.Printf("the API answers on %s/\nlet it fail:  curl -X PUT '%s/control?status=503'\nand be well:  curl -X DELETE %s/control\n", url, url, url)
	server := &http.Server{Handler: api.New(), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(ln); ctx.Err() == nil {
		return err
	}
	return nil
}
