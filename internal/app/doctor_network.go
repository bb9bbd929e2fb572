package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/canary"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// examineNetwork tells how this machine's own links are, and who would vouch
// for them when targets fall silent.
func examineNetwork(ctx context.Context, p patient) []term.Finding {
	c := canary.New(canary.Options{Log: slog.New(slog.DiscardHandler)})
	defer c.Close()
	r, err := c.Report(ctx)
	if err != nil {
		return one(term.Finding{Area: "network", Condition: term.Ailing, Text: foreign.Text(fmt.Sprintf("links cannot be seen: %v", err)),
			Hint: "allow AF_NETLINK sockets (RestrictAddressFamilies= of a systemd unit): without them a fault of our own cannot be told from a target's"})
	}
	return append(linkFindings(r), witnessFindings(r, p.files)...)
}

// linkFindings tells of links. One that is down is common (docker0, a free
// socket); that none is up is not.
func linkFindings(r canary.Report) []term.Finding {
	up, words := 0, []string{}
	for _, l := range r.Links {
		text := l.Name.String()
		if l.OK {
			up++
			text += " is up"
		} else {
			text += " " + l.Trouble
		}
		words = append(words, text)
	}
	f := term.Finding{Area: "network", Condition: term.Well, Text: foreign.Text(strings.Join(words, ", "))}
	if up == 0 {
		f.Condition, f.Hint = term.Ailing, "this machine can reach itself alone"
		if len(r.Links) == 0 {
			f.Text = "there is no link but loopback"
		}
	}
	return one(f)
}

// witnessFindings tells of gateways and resolvers elsewhere.
func witnessFindings(r canary.Report, files fs.FS) []term.Finding {
	var findings []term.Finding
	for _, w := range r.Witnesses {
		f := term.Finding{Area: "canary", Condition: term.Well}
		switch w.Standing {
		case canary.Answers:
			f.Text = foreign.Text(fmt.Sprintf("%s %s on %s answers (%s)", w.Role, w.Address, w.Link, w.Way))
		case canary.Silent:
			f.Condition = term.Ill
			f.Text = foreign.Text(fmt.Sprintf("%s %s on %s has fallen silent", w.Role, w.Address, w.Link))
		default:
			f.Condition = term.Ailing
			f.Text = foreign.Text(fmt.Sprintf("%s %s on %s answers nothing, so its silence will prove nothing", w.Role, w.Address, w.Link))
		}
		findings = append(findings, f)
	}
	if len(findings) == 0 {
		return one(unwitnessed(files))
	}
	return findings
}

// unwitnessed tells that nobody can be asked. A resolver that is named but that
// no route leads to is no contradiction to one that does not answer.
func unwitnessed(files fs.FS) term.Finding {
	f := term.Finding{Area: "canary", Condition: term.Ailing,
		Text: "there is neither a gateway nor a resolver elsewhere: nobody can be asked whether we are cut off",
		Hint: "where targets are on other machines, see `ip route`; to check this machine itself nobody is needed"}
	var elsewhere []string
	for _, s := range nameservers(files) {
		if a, err := netip.ParseAddr(s); err == nil && !a.Unmap().IsLoopback() {
			elsewhere = append(elsewhere, s)
		}
	}
	if len(elsewhere) > 0 {
		f.Text = foreign.Text(fmt.Sprintf("there is no gateway, and no way to the resolver %s: nobody can be asked whether we are cut off", strings.Join(elsewhere, ", ")))
	}
	return f
}

// noSuchName exists nowhere: resolvers say so themselves (RFC 6761, 6.4).
const noSuchName = "portreeve.invalid."

// lookupLimit is longer than two attempts of the resolver (resolv.conf(5)).
const lookupLimit = 6 * time.Second

// examineResolver tells which name servers there are, and whether they answer.
func examineResolver(ctx context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "resolver", Condition: term.Well}
	servers := nameserversText(p.files)
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	began := time.Now()
	err := p.lookup(ctx, noSuchName)
	took := time.Since(began).Round(100 * time.Microsecond)
	var dns *net.DNSError
	if err == nil || errors.As(err, &dns) && dns.IsNotFound {
		f.Text = foreign.Text(fmt.Sprintf("%s answers, in %v", servers, took))
		return one(f)
	}
	if dns != nil {
		err = errors.New(lastWords(dns.Err))
	}
	f.Condition = term.Ill
	f.Text = foreign.Text(fmt.Sprintf("%s does not answer: %v", servers, err))
	f.Hint = "see /etc/resolv.conf; until then checks by name can tell nothing (local_resolver), checks by address work"
	return one(f)
}

// lastWords returns what a chain of errors ends in: the calls before it name
// addresses again, and of several resolvers the last one's.
func lastWords(chain string) string {
	if i := strings.LastIndex(chain, ": "); i >= 0 {
		return chain[i+len(": "):]
	}
	return chain
}

// nameserversText words the resolvers that are asked: where none is named,
// those that Go's resolver falls back on.
func nameserversText(files fs.FS) string {
	if servers := nameservers(files); len(servers) > 0 {
		return strings.Join(servers, ", ")
	}
	const fallback = "this machine itself (127.0.0.1, ::1), "
	if _, err := fs.Stat(files, "etc/resolv.conf"); err != nil {
		return fallback + "since there is no /etc/resolv.conf,"
	}
	return fallback + "since /etc/resolv.conf names none,"
}

// nameservers returns the resolvers of resolv.conf(5).
func nameservers(files fs.FS) []string {
	text, err := fs.ReadFile(files, "etc/resolv.conf")
	if err != nil {
		return nil
	}
	var servers []string
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "nameserver" {
			servers = append(servers, words[1])
		}
	}
	return servers
}
