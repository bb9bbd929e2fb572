// Package expect holds expectations: what an answer must be like for a check to
// pass, as an expression that is compiled when the check is made.
//
//	status == 200 and json.status == "OK"
//	header["x-build"] matches "^v2"
//	tls.days_left > 14
//	body contains "ok"
//	took < duration("500ms")
//	all(json.nodes, .state in ["up", "idle"])
//
// The language is that of github.com/expr-lang/expr, without what a check has
// no use for. An expression speaks of status (of HTTP), header (a map: names in
// lower case, repeated headers joined by ", "), body (text), json (the body,
// parsed), tls (see [TLS]) and took (the time that the check has taken).
//
// # What an expression costs
//
// The author of an expression is trusted, but may be careless; who answers is
// not trusted at all. The virtual machine that runs an expression cannot be
// stopped, so whatever could take long does not compile: names and functions
// are on a list, which has none that multiply text (repeat, replace, join,
// reduce); variables do not exist; a pattern is a constant and its states are
// counted; and inside any(…) and its like only the element can be looked at, so
// that loops within loops walk over a body once and not once for each of its
// parts. What is left takes time in proportion to the body, whose size the
// caller bounds: a second or so at worst for 64 KiB, microseconds as people
// write them.
package expect

import (
	"maps"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// A Program is a compiled expectation. It is immutable and safe for concurrent
// use.
type Program struct {
	text  string
	names []string // sorted
	code  *vm.Program
}

// Compile returns the program of an expression. Its error is an [*Error]: a
// mistake in the expression and where it is.
func Compile(text string) (*Program, error) {
	tree, names, err := analyse(text)
	if err != nil {
		return nil, err
	}
	c := config()
	if err := optimizer.Optimize(&tree.Node, c); err != nil {
		return nil, wordedError(err)
	}
	code, err := compiler.Compile(tree, c)
	if err != nil {
		return nil, wordedError(err)
	}
	return &Program{text, names, code}, nil
}

// analyse parses an expression, and checks it by our rules and by the types of
// what it speaks of.
func analyse(text string) (*parser.Tree, []string, error) {
	if len(text) > maxText {
		return nil, nil, tooLong(strconv.Itoa(maxText) + " bytes at most")
	}
	c := config()
	tree, err := parser.ParseWithConfig(text, c)
	if err != nil {
		return nil, nil, wordedError(err)
	}
	r := rules{source: tree.Source, names: map[string]bool{}}
	if r.look(tree.Node, false); r.err != nil {
		return nil, nil, r.err
	}
	if _, err := checker.Check(tree, c); err != nil {
		return nil, nil, wordedError(err)
	}
	return tree, slices.Sorted(maps.Keys(r.names)), nil
}

// String returns the expression as it was written.
func (p *Program) String() string { return p.text }

// Names returns what the expression speaks of, sorted.
func (p *Program) Names() []string { return p.names }

// Uses reports whether the expression speaks of a name, such as "body".
func (p *Program) Uses(name string) bool { return slices.Contains(p.names, name) }

// children returns the nodes below a node.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		return []ast.Node{n.Node, n.From, n.To}
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Key, n.Value}
	}
	return nil
}
