package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/foreign"
)

// maxHeard bounds the servers that are told of: anybody on the network can
// announce some.
const maxHeard = 8

// A browser tells of the services of a type that announce themselves, until the
// context ends, as [discovery.Browse] does.
type browser func(ctx context.Context, serviceType string, tell func(discovery.Found)) error

// heard returns the servers that announce themselves on the local network until
// ctx ends, each as "NAME at URL". They are hearsay.
func (b browser) heard(ctx context.Context) ([]string, error) {
	servers := map[string]bool{}
	err := b(ctx, ownType, func(f discovery.Found) {
		if len(f.Addrs) == 0 || f.Gone || len(servers) == maxHeard {
			return
		}
		scheme := "http"
		if f.Text["tls"] == "1" {
			scheme = "https"
		}
		servers[fmt.Sprintf("%s at %s://%s", foreign.Text(f.Instance).Clip(63), scheme, netip.AddrPortFrom(f.Addrs[0], f.Port))] = true
	})
	all := make([]string, 0, len(servers))
	for s := range servers {
		all = append(all, s)
	}
	slices.Sort(all)
	return all, err
}

// notFound says that no server was found that can be used, in so much time, and
// which ones announce themselves nevertheless.
func notFound(heard []string, within time.Duration) error {
	if len(heard) == 0 {
		return withHint(fmt.Errorf("no server was named, and neither on this machine nor on the local network was one found that lets apps sign up, within %v", within),
			"name it: --server http://HOST:9860, or PORTREEVE_SERVER; or have it tell: `portreeve serve --registration --announce` (registration.announce)")
	}
	url := heard[0][strings.LastIndex(heard[0], " ")+1:]
	return withHint(errors.New("no server was named, and of those that announce themselves here none could be used: "+strings.Join(heard, ", ")),
		"name it to be told why: --server "+url+"; a certificate must be for the name that is announced, and of a CA that this machine trusts (SSL_CERT_FILE)")
}
