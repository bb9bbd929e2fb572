package config

import (
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// maxDepth is how deep a document may be nested: what we read of one is never
// deeper than headers of a check.
const maxDepth = 20

// document reads the one document of a YAML file and returns its root, nil
// when it is empty. What is wrong with it as YAML goes to wrong; the library
// stops at the first such thing.
func document(text string, wrong func(line, column int, hint, message string)) *yaml.Node {
	loader, err := yaml.NewLoader(strings.NewReader(text),
		yaml.WithV4Defaults(),
		yaml.WithUniqueKeys(false), // we tell where both are
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		wrong(1, 1, "", err.Error())
		return nil
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil {
		syntax(err, text, wrong)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		wrong(second.Line, second.Column, "a configuration is one document: take this one out, or the line of dashes before it", "a second document begins here")
	default:
		syntax(err, text, wrong)
	}
	if len(first.Content) == 0 || first.Content[0].Tag == "!!null" {
		return nil
	}
	return first.Content[0]
}

// syntax words an error of the library, which knows where but seldom why.
func syntax(err error, text string, wrong func(line, column int, hint, message string)) {
	var load *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
	case !errors.As(err, &load):
		wrong(1, 1, "", err.Error())
	default:
		line, column := load.Mark.Line, load.Mark.Column
		switch load.ContextMsg { // where these begin is where to look
		case "while scanning a quoted scalar", "while scanning a simple key":
			line, column = load.ContextMark.Line, load.ContextMark.Column
		}
		message, hint := reword(load.Message, lineOf(text, line))
		wrong(max(line, 1), max(column, 1), hint, message)
	}
}

// reword says what the library's message comes from in most cases. It repeats
// no name that the message quotes: there might be a secret before which the
// quotes were forgotten.
func reword(message, line string) (reworded, hint string) {
	known := []struct{ part, message, hint string }{
		{"mapping values are not allowed", "a colon where no value can begin", "a text with a colon and a blank in it needs quotes around it; a key needs the same indentation as its neighbours"},
		{"cannot start any token", "a character that no value begins with", "a text that begins with @, ` or % needs quotes around it"},
		{"did not find expected ','", "a comma or a closing bracket is missing before this", ""},
		{"did not find expected key", "this is neither a key nor part of the value above", "keys of one mapping have the same indentation"},
		{"did not find expected '-' indicator", "this is no item of the list above", "items of one list have the same indentation"},
		{"could not find expected ':'", "a key without a colon", "write key: value"},
		{"found unexpected end of stream", "the quotes that begin here never end", ""},
		{"unknown anchor", "the alias refers to an anchor that is not there", "a text that begins with * needs quotes around it"},
		{"unknown escape character", "an escape that YAML does not know", "in double quotes a backslash is written twice; single quotes leave it as it is"},
		{"incompatible YAML document", "a version of YAML that there is not yet", "leave the %YAML line out"},
		{"exceeded max depth", "nested too deeply to be a configuration", ""},
	}
	if strings.Contains(line[:indentation(line)], "\t") {
		return "a tab in the indentation", "YAML is indented with blanks"
	}
	for _, k := range known {
		if strings.Contains(message, k.part) {
			return k.message, k.hint
		}
	}
	before, _, _ := strings.Cut(message, "'")
	return "this is no YAML: " + strings.TrimSpace(before), ""
}

// lineOf returns a line of a text, from 1.
func lineOf(text string, number int) string {
	n := 0
	for line := range strings.Lines(text) {
		if n++; n == number {
			return line
		}
	}
	return ""
}
