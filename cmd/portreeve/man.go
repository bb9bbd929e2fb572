package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Help is the long help.
func (manCmd) Help() string {
	return `Examples:

  portreeve man | man -l -
  portreeve man > /usr/local/share/man/man1/portreeve.1
`
}

// Run prints the manual page.
func (manCmd) Run(s streams, k *kong.Kong) error {
	_, err := io.WriteString(s.out, manual(k.Model))
	return err
}

// manual writes portreeve(1), in the order of man-pages(7).
func manual(m *kong.Application) string {
	var p page
	p.title(m.Name, build().Version)
	p.section("NAME")
	p.text(m.Name + " - what listens here, who is connected, and whether services are up")
	p.section("SYNOPSIS")
	for _, c := range m.Children {
		if !c.Hidden {
			p.tagged(m.Name+" "+c.Summary(), "")
		}
	}
	p.section("DESCRIPTION")
	p.text(description)
	p.section("COMMANDS")
	for _, c := range m.Children {
		if !c.Hidden {
			p.command(c)
		}
	}
	p.section("FILTERS")
	p.text("A filter of ports is terms separated by blanks, which must all be met. Commas between values mean or. Names match by part, whatever the case.\n" + filterHelp)
	p.section("EXIT STATUS")
	p.tagged("0", "All went well, or the command was ended by Ctrl-C while it watched, monitored or served.")
	p.tagged("1", "Something went wrong. For check: some targets are degrading; for flappy: some hosts are flappy; for alerts test: a channel did not take the sample.")
	p.tagged("2", "For check: some targets are unhealthy; for flappy: some hosts are down.")
	p.tagged("3", "For check and flappy: some could not be told, for a fault of this machine's own. 2 goes before 3, and 3 before 1.")
	p.tagged("130", "check, flappy or doctor was ended by Ctrl-C before it was done; what could be said was said.")
	p.tagged("64", "The command line was wrong.")
	p.section("ENVIRONMENT")
	p.text("A flag wins over its variable. Lists are separated by commas.")
	p.environment(m)
	p.section("FILES")
	p.tagged("./portreeve.yaml, /etc/portreeve/portreeve.yaml", "The configuration of serve and alerts: the first that is there, unless --config or PORTREEVE_CONFIG names another.")
	p.tagged("portreeve.db", "What happened, in the directory where serve or monitor was started unless --database says otherwise. Beside it portreeve.db.ballast keeps a mebibyte free for a full disk.")
	p.tagged("portreeve.tokens, portreeve.tokens.admin", "Beside the database: the hashes of tokens, and the secret of the first one, which may do everything. Nobody else may read them.")
	p.tagged("$XDG_STATE_HOME/portreeve/owners.json", "The tokens of what register has signed up from this account, else beneath ~/.local/state. Nobody else may read it.")
	return p.String()
}

const description = `Portreeve reads the kernel's socket tables. It shows one row per service and port with the process that holds it, counts the server's side of its connections, and tells what is wrong: a full accept queue, an executable that was replaced, another port that the same service holds.

It also asks others. A check is a target that is asked again and again, over TCP, TLS or HTTP; several equal answers in a row change what is believed of it. A fault of our own, such as a lost link, a silent resolver or no descriptor left, never counts against a target: then portreeve says that it cannot tell, and why.

Apps can sign themselves up with a server that permits it, and jobs that nobody can ask send heartbeats: their silence is the failure.

It needs no privilege to see ports and to count. To see whose processes other users' ports are it needs root, or the capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; for listeners of other network namespaces CAP_SYS_ADMIN. What it could not see it tells beneath its tables, with the reason.

In tables "?" is unknown and "-" does not apply. On a terminal a shape tells a row's state: ● ok, ◆ warning, ▲ problem, ◌ owner unknown.`

// command writes one command with its arguments and flags.
func (p *page) command(c *kong.Node) {
	p.subsection(c.FullPath())
	p.text(c.Help + "\n\n" + strings.Replace(c.Detail, filterHelp, "\n  see FILTERS\n", 1))
	for _, a := range c.Positional {
		p.tagged(a.Summary(), a.Help)
	}
	for _, f := range c.Flags {
		if !f.Hidden {
			p.tagged(f.String(), f.Help)
		}
	}
}

// environment writes the variables of all flags, each once.
func (p *page) environment(m *kong.Application) {
	seen := map[string]bool{}
	for _, c := range m.Children {
		for _, f := range c.Flags {
			for _, env := range f.Envs {
				if !seen[env] {
					p.tagged(env, fmt.Sprintf("As --%s of %s.", f.Name, c.Name))
				}
				seen[env] = true
			}
		}
	}
	p.tagged("API_URL", "The URL of monitor.")
	p.tagged("INTERVAL", "As --interval of monitor.")
	p.tagged("SUPPORT", "As --to of monitor.")
	p.tagged("DB_HOST, DB_USER, DB_PW, DB_NAME", "Of monitor: a MySQL database that is its mirror, unless --mirror names another.")
	p.tagged("SMTP_PASSWORD", "Of monitor and serve: the password of the relay's user. Also PORTREEVE_SMTP_PASSWORD.")
	p.tagged("PORTREEVE_MIRROR_PASSWORD", "Of monitor and serve: the password of the mirror's user.")
	p.tagged("GMAIL_USER", "Of monitor and serve: the account of the Gmail token, and the sender.")
	p.tagged("HTTPS_PROXY", "The proxy by which chat and push services are reached.")
	p.tagged("NO_COLOR", "If it is not empty: no colours.")
	p.tagged("COLUMNS", "The width of the terminal, instead of its own.")
	p.tagged("TERM", "If it is dumb: no colours, and --watch prints one table after the other.")
}
