package config

import (
	"strings"
)

// A word is a value as somebody wrote it, and where.
type word struct {
	text string
	at   Origin
}

// words returns texts that were all written in one place.
func words(texts []string, at Origin) []word {
	all := make([]word, len(texts))
	for i, text := range texts {
		all[i] = word{text, at}
	}
	return all
}

// split takes a list apart that is written in one word, with commas.
func split(text string) []string {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// A wordError says what is wrong with a word, and what to write instead.
type wordError struct{ reason, hint string }

func (e *wordError) Error() string { return e.reason }

// Hint returns what to write instead.
func (e *wordError) Hint() string { return e.hint }
