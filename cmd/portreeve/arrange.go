package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

// arrange makes habits of people into what the parser understands: "help" as a
// command, "--version" as a flag, and flags and words in any order.
func arrange(args []string, m *kong.Application) []string {
	switch args[0] {
	case "help":
		return append(slices.Clone(args[1:]), "--help")
	case "--version":
		return append([]string{"version"}, args[1:]...)
	}
	i := slices.IndexFunc(m.Children, func(n *kong.Node) bool { return n.Name == args[0] })
	if i < 0 {
		return args
	}
	return append([]string{args[0]}, flagsFirst(args[1:], withValue(m.Children[i]))...)
}

// withValue lists the flags of a command that take a value.
func withValue(command *kong.Node) []string {
	var names []string
	for _, f := range command.Flags {
		if !f.IsBool() {
			names = append(names, "--"+f.Name)
		}
	}
	return names
}

// flagsFirst puts words behind flags and "--", for the parser takes a list of
// words in one piece only and takes a term such as -user:root for a flag.
func flagsFirst(args, withValue []string) []string {
	var flags, words []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case word == "--":
			words = append(words, args[i+1:]...)
			i = len(args)
		case excludes(word) || !strings.HasPrefix(word, "-"):
			words = append(words, word)
		case !slices.Contains(withValue, word):
			flags = append(flags, word)
		case i+1 == len(args) || strings.HasPrefix(args[i+1], "--"):
			return args // the value is missing: the parser says so
		default:
			i++
			flags = append(flags, word+"="+args[i])
		}
	}
	if len(words) > 0 {
		flags = append(flags, "--")
	}
	return append(flags, words...)
}

// excludes reports whether a word is a term such as -user:root.
func excludes(word string) bool {
	key, _, found := strings.Cut(strings.TrimPrefix(word, "-"), ":")
	return found && strings.HasPrefix(word, "-") && slices.ContainsFunc(app.FilterWords(), func(w string) bool {
		return strings.HasPrefix(w, strings.ToLower(key)+":")
	})
}
