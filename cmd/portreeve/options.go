package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

// optionFlags are the flags of the options that serve runs with. What they
// mean, their variables and defaults are in the table of options, which also
// describes them: see describe. letters is a short flag of two, as the seed's
// users type it.
type optionFlags struct {
	Config             string   `name:"config"`
	Listen             string   `name:"listen"`
	BindAddr           string   `name:"bind-addr" aliases:"bind_addr" letters:"ba"`
	Port               string   `name:"port" short:"p"`
	Insecure           bool     `name:"insecure"`
	Host               []string `name:"host"`
	URL                string   `name:"url"`
	Database           string   `name:"database"`
	Mirror             string   `name:"mirror"`
	MirrorPasswordFile string   `name:"mirror-password-file"`
	Keep               string   `name:"keep"`
	KeepEntries        string   `name:"keep-entries"`
	KeepLatency        string   `name:"keep-latency"`
	Verbose            bool     `name:"verbose" short:"v"`
	Debug              bool     `name:"debug" short:"d"`
	Test               bool     `name:"test" short:"t"`
	CheckInterval      string   `name:"check-interval"`
	CheckTimeout       string   `name:"check-timeout"`
	UnhealthyThreshold string   `name:"unhealthy-threshold"`
	HealthyThreshold   string   `name:"healthy-threshold"`
	CheckAlerts        []string `name:"check-alerts"`
	PortsInterval      string   `name:"ports-interval"`
	WatchPort          []string `name:"watch-port"`
	Check              []string `name:"check"`
	Registration       bool     `name:"registration" negatable:""`
	Compat             bool     `name:"compat"`
	Announce           bool     `name:"announce"`
	RegisterAllow      []string `name:"register-allow"`
	RegisterAlerts     []string `name:"register-alerts"`
	PauseAfter         string   `name:"pause-after"`
	Flappy             bool     `name:"flappy" negatable:""`
	FlappyAllow        []string `name:"flappy-allow"`
	TokensFile         string   `name:"tokens-file"`
	TLSCert            string   `name:"tls-cert"`
	TLSKey             string   `name:"tls-key"`
	PublicRead         bool     `name:"public-read"`
	ClientMetrics      bool     `name:"client-metrics"`
	SMTP               string   `name:"smtp"`
	SMTPPasswordFile   string   `name:"smtp-password-file"`
	MailFrom           string   `name:"mail-from"`
	GmailToken         string   `name:"gmail-token" aliases:"gmail_token" letters:"gt"`
}

// given returns the values of the options' flags on the command line by the
// canonical name of their option.
func given(line *kong.Context) map[string][]string {
	canonical := map[string]string{}
	for _, o := range app.Options() {
		for _, name := range o.Flags {
			canonical[name] = o.Name
		}
	}
	flags := map[string][]string{}
	for _, p := range line.Path {
		if p.Flag == nil || p.Resolved {
			continue
		}
		if name, ok := canonical["--"+p.Flag.Name]; ok {
			flags[name] = values(p.Flag.Target)
		}
	}
	return flags
}

// values returns what a flag came to, as texts.
func values(target reflect.Value) []string {
	if list, ok := target.Interface().([]string); ok {
		return slices.Clone(list)
	}
	return []string{fmt.Sprint(target.Interface())}
}

// describe gives the flags of options their help, variables and placeholders
// from the table of options. The parser itself reads none of the variables:
// they are weighed against the configuration file.
func describe(m *kong.Application) {
	byFlag := map[string]int{}
	options := app.Options()
	for i, o := range options {
		for _, name := range o.Flags {
			byFlag[name] = i
		}
	}
	for _, command := range m.Children {
		if !slices.Contains([]string{"serve", "config", "monitor"}, command.Name) {
			continue
		}
		for _, f := range command.Flags {
			if i, ok := byFlag["--"+f.Name]; ok {
				o := options[i]
				f.Help, f.PlaceHolder = o.Help, o.Value
				if !o.Later {
					f.Envs = o.Env
				}
				if o.Default != "" && !f.IsBool() {
					f.Help = strings.TrimSuffix(o.Help, ".") + " (default: " + o.Default + ")."
				}
			}
		}
	}
}

// withVariables is a flag's help with its variables behind it.
func withVariables(v *kong.Value) string {
	if v.Flag == nil || len(v.Flag.Envs) == 0 {
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " ($" + strings.Join(v.Flag.Envs, ", $") + ")."
}
