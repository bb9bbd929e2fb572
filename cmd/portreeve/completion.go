package main

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

type completionCmd struct {
	Shell string `arg:"" complete:"shell" help:"bash, zsh or fish."`
}

// Help is the long help.
func (completionCmd) Help() string {
	return `Examples:

  source <(portreeve completion bash)       for this shell; in ~/.bashrc for every one
  portreeve completion bash > /etc/bash_completion.d/portreeve
  portreeve completion zsh > "${fpath[1]}/_portreeve"
  portreeve completion fish > ~/.config/fish/completions/portreeve.fish
`
}

//go:embed completion
var scripts embed.FS

func shells() []string { return []string{"bash", "zsh", "fish"} }

// Run prints the script.
func (c *completionCmd) Run(s streams, k *kong.Kong) error {
	t, err := template.New(c.Shell).Funcs(template.FuncMap{
		"join": strings.Join, "single": singleQuoted, "zsh": zshText,
	}).ParseFS(scripts, "completion/"+c.Shell)
	if err != nil {
		return app.UsageError{Err: unknownShell(c.Shell)}
	}
	return t.Execute(s.out, completions(k.Model))
}

// An unknownShell is a shell for which there is no script.
type unknownShell string

func (s unknownShell) Error() string { return fmt.Sprintf("no completion for the shell %q", string(s)) }

// Hint tells the shells for which there is one.
func (s unknownShell) Hint() string { return "shells are " + strings.Join(shells(), ", ") }

// A completion is a command as the scripts see it.
type completion struct {
	Name, Help string
	Flags      []flagCompletion
	Words      []string // what an argument may be
	Arg        string   // name of the argument, "" when there is none
}

// A flagCompletion is a flag as the scripts see it.
type flagCompletion struct {
	Name, Short, Help string
	Value             string   // placeholder of the value, "" when it takes none
	Words             []string // what the value may be
	Dir               bool     // the value is a directory
}

// completions lists the commands that help lists.
func completions(m *kong.Application) []completion {
	var all []completion
	for _, node := range m.Children {
		if node.Hidden {
			continue
		}
		c := completion{Name: node.Name, Help: node.Help}
		for _, group := range node.AllFlags(true) {
			for _, f := range group {
				c.Flags = append(c.Flags, flagOf(f))
			}
		}
		for _, p := range node.Positional {
			if c.Words == nil { // the first argument that is one of some words
				c.Arg, c.Words = p.Name, words(p.Tag.Get("complete"))
			}
		}
		all = append(all, c)
	}
	return all
}

func flagOf(f *kong.Flag) flagCompletion {
	c := flagCompletion{Name: f.Name, Help: f.Help, Words: words(f.Tag.Get("complete")), Dir: f.Tag.Get("complete") == "dir"}
	if f.Short != 0 {
		c.Short = string(f.Short)
	}
	if !f.IsBool() {
		c.Value = f.Name
	}
	return c
}

// words returns what a value of a kind may be; nil when anything.
func words(kind string) []string {
	switch kind {
	case "filter":
		return app.FilterWords()
	case "sort":
		return app.SortKeys()
	case "by":
		return app.Groupings()
	case "mode":
		return app.Modes()
	case "family":
		return app.Families()
	case "config":
		return app.ConfigActions()
	case "alerts":
		return app.AlertsActions()
	case "token":
		return app.TokenActions()
	case "signal":
		return app.Signals()
	case "scope":
		return app.TokenScopes()
	case "shell":
		return shells()
	}
	return nil
}

// singleQuoted quotes a text for bash and fish.
func singleQuoted(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `'`, `'\''`) + "'"
}

// zshText makes a text fit for a description within '[…]' or after a colon.
func zshText(text string) string {
	return strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`, "`", "\\`", `$`, `\$`).Replace(text)
}
