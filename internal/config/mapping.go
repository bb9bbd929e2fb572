package config

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A walk reads the nodes of a YAML document. It goes no further once it has
// visited more nodes than a document of its size should need: aliases can
// make a small one endless.
type walk struct {
	*mistakes
	file   string
	visits int  // that are left
	ended  bool // none are: what was read is not worth judging
	merges int  // that are being followed
}

// at returns where a node is.
func (w *walk) at(n *yaml.Node) Origin { return Origin{FromFile, w.file, n.Line, n.Column} }

// maxKeys is how many keys a mapping can have, and how many mappings can be
// merged into one.
const maxKeys = 1000

// A pair is a key of a mapping with its value.
type pair struct {
	key   *yaml.Node
	value *yaml.Node
}

// follow returns the node behind aliases, nil once there were too many.
func (w *walk) follow(n *yaml.Node) *yaml.Node {
	for hops := 0; n != nil; hops++ {
		if w.visits--; w.visits <= 0 || hops > maxDepth {
			w.give(n, "too many aliases")
			return nil
		}
		if n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// give gives up, and says why once.
func (w *walk) give(n *yaml.Node, message string) {
	if !w.ended {
		w.add(w.at(n), "write out what the aliases stand for", "%s", message)
	}
	w.ended, w.visits = true, 0
}

// pairs returns the keys of a mapping with their values; those that are merged
// into it (<<) last. about names the mapping. A key that is given twice is a
// mistake. An empty value has no keys.
func (w *walk) pairs(n *yaml.Node, about string) []pair {
	n = w.follow(n)
	switch {
	case n == nil, n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return nil
	case n.Kind != yaml.MappingNode:
		w.add(w.at(n), "write key: value lines beneath it", "%s must be a mapping", about)
		return nil
	case len(n.Content)/2 > maxKeys:
		w.add(w.at(n), "", "%s has too many keys: %d are the most", about, maxKeys)
		return nil
	}
	var all, merges []pair
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := w.follow(n.Content[i])
		switch {
		case key == nil:
			return nil
		case key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge":
			merges = append(merges, pair{key, n.Content[i+1]})
		case key.Kind != yaml.ScalarNode:
			w.add(w.at(key), "write key: value", "a key must be a single word")
		case first[key.Value] != nil:
			w.add(w.at(key), "give it once", "key %s is given twice, first on line %d", quoted(key.Value), first[key.Value].Line)
		default:
			first[key.Value] = key
			all = append(all, pair{key, n.Content[i+1]})
		}
	}
	for _, m := range merges {
		all = w.merge(all, first, m.value, about)
	}
	return all
}

// merge adds the pairs of what << names, where a key is not there yet: a
// mapping, or a list of them of which the earlier one wins.
func (w *walk) merge(all []pair, first map[string]*yaml.Node, n *yaml.Node, about string) []pair {
	if w.merges++; w.merges > maxDepth {
		w.give(n, about+" is merged into itself")
	}
	defer func() { w.merges-- }()
	sources := []*yaml.Node{n}
	if list := w.follow(n); list != nil && list.Kind == yaml.SequenceNode {
		sources = list.Content
	}
	if len(sources) > maxKeys {
		w.give(n, "too many mappings are merged into "+about)
		return all
	}
	for _, source := range sources {
		for _, p := range w.pairs(source, about) {
			if first[p.key.Value] == nil {
				first[p.key.Value] = p.key
				all = append(all, p)
			}
		}
	}
	return all
}

// items returns the items of a list; an empty value has none.
func (w *walk) items(n *yaml.Node, about, hint string) []*yaml.Node {
	n = w.follow(n)
	switch {
	case n == nil, n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return nil
	case n.Kind != yaml.SequenceNode:
		w.add(w.at(n), hint, "%s must be a list", about)
		return nil
	}
	return n.Content
}

// words returns the words of a value: one, or where list is set those of its
// items. None means that there is no value, or a mistake.
func (w *walk) words(n *yaml.Node, about string, list bool) []word {
	if !list {
		if v, ok := w.word(n, about); ok {
			return []word{v}
		}
		return nil
	}
	var all []word
	for _, item := range w.items(n, about, w.listHint(n)) {
		if v, ok := w.word(item, "an item of "+about); ok {
			all = append(all, v)
		}
	}
	return all
}

// listHint says how to write a list where n is none: a short plain value is
// shown in the brackets that it lacks.
func (w *walk) listHint(n *yaml.Node) string {
	const longest = 40
	if n.Kind == yaml.ScalarNode && n.Style == 0 && len(n.Value) <= longest && !strings.ContainsAny(n.Value, ", []{}@#") {
		return "write a list, as in [" + foreign.Text(n.Value).String() + "]"
	}
	return "write a list, as in [a, b]"
}

// word returns a single value as it is written, whatever YAML makes of it.
func (w *walk) word(n *yaml.Node, about string) (word, bool) {
	target := w.follow(n)
	switch {
	case target == nil:
		return word{}, false
	case target.Kind != yaml.ScalarNode:
		w.add(w.at(n), "", "%s must be a single value", about)
		return word{}, false
	case target.ShortTag() == "!!null":
		w.add(w.at(n), "leave the key out for its default", "%s has no value", about)
		return word{}, false
	case target.Style&yaml.TaggedStyle != 0 && target.ShortTag() != "!!str":
		w.add(w.at(n), "leave the tag out; a text that begins with ! needs quotes around it", "%s has a tag", about)
		return word{}, false
	}
	return word{target.Value, w.at(n)}, true
}
