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

// withValue lists the flags of a command that take a value, in every spelling,
// with their long ones.
func withValue(command *kong.Node) map[string]string {
	names := map[string]string{}
	for _, f := range command.Flags {
		if f.IsBool() {
			continue
		}
		names["--"+f.Name] = "--" + f.Name
		for _, alias := range f.Aliases {
			names["--"+alias] = "--" + f.Name
		}
		if f.Short != 0 {
			names["-"+string(f.Short)] = "--" + f.Name
		}
		if letters := f.Tag.Get("letters"); letters != "" {
			names["-"+letters] = "--" + f.Name
		}
	}
	return names
}

// flagsFirst puts words behind flags and "--", for the parser takes a list of
// words in one piece only and takes a term such as -user:root for a flag.
func flagsFirst(args []string, withValue map[string]string) []string {
	var flags, words []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		long, valued := withValue[word]
		name, value, attached := strings.Cut(word, "=")
		switch {
		case word == "--":
			words = append(words, args[i+1:]...)
			i = len(args)
		case excludes(word) || !strings.HasPrefix(word, "-") || word == "-":
			words = append(words, word)
		case attached && withValue[name] != "":
			flags = append(flags, withValue[name]+"="+value)
		case !valued:
			flags = append(flags, word)
		case i+1 == len(args) || strings.HasPrefix(args[i+1], "--"):
			return slices.Concat(args[:i], []string{spoken(word, long)}, args[i+1:]) // the value is missing: the parser says so
		default:
			i++
			flags = append(flags, long+"="+args[i])
		}
	}
	if len(words) > 0 {
		flags = append(flags, "--")
	}
	return append(flags, words...)
}

// spoken returns a flag as the parser knows it: of two letters after one dash
// it knows the long spelling only.
func spoken(word, long string) string {
	if len(word) > len("-x") && !strings.HasPrefix(word, "--") {
		return long
	}
	return word
}

// excludes reports whether a word is a term such as -user:root.
func excludes(word string) bool {
	key, _, found := strings.Cut(strings.TrimPrefix(word, "-"), ":")
	return found && strings.HasPrefix(word, "-") && slices.ContainsFunc(app.FilterWords(), func(w string) bool {
		return strings.HasPrefix(w, strings.ToLower(key)+":")
	})
}
