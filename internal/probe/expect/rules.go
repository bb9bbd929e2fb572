package expect

import (
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// rules hold an expression to the language of this package: to its names, and
// to what takes time in proportion to the answer. What types allow is checked
// after them.
type rules struct {
	source  file.Source
	names   map[string]bool // that were used
	pattern int             // states of the patterns so far
	err     *Error          // the first
}

// look checks a node and those below it. each says that it is within a
// predicate, which is asked for each element of a list.
func (r *rules) look(n ast.Node, each bool) {
	if r.err != nil || n == nil {
		return
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		r.name(n, each)
	case *ast.BuiltinNode:
		r.function(n, each)
	case *ast.CallNode:
		r.call(n)
	case *ast.MemberNode:
		r.member(n)
	case *ast.BinaryNode:
		r.operator(n, each)
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		r.wrong(n, "an expectation is one expression, without let and ;", "")
	case *ast.ConditionalNode, *ast.ArrayNode, *ast.MapNode:
		if each {
			r.wrong(n, "such a value cannot be made for each element", hintEach)
		}
	case *ast.PredicateNode:
		each = true
	}
	for _, c := range r.below(n, each) {
		r.look(c, each)
	}
}

// below returns the children of a node that are still to be looked at: a list
// of constants is fine on the right of in.
func (r *rules) below(n ast.Node, each bool) []ast.Node {
	if in, ok := n.(*ast.BinaryNode); ok && in.Operator == "in" && each && isConstantList(in.Right) {
		return []ast.Node{in.Left}
	}
	return children(n)
}

const hintEach = "for each element look only at # and .field, and at constants, status and took"

func (r *rules) name(n *ast.IdentifierNode, each bool) {
	switch {
	case !slices.Contains(names(), n.Value):
		r.unknown(n, n.Value, names(), "names are ")
	case each && n.Value != "status" && n.Value != "took":
		r.wrong(n, quoted(n.Value)+" cannot be looked at again for each element", hintEach)
	}
	r.names[n.Value] = true
}

func (r *rules) function(n *ast.BuiltinNode, each bool) {
	free, ok := functions()[n.Name]
	if !ok {
		r.unknown(n, n.Name, slices.Sorted(maps.Keys(functions())), "functions are ")
	} else if each && !free {
		r.wrong(n, n.Name+" cannot be used for each element", hintEach)
	}
	if text, ok := argument(n); ok && n.Name == "duration" {
		if _, err := time.ParseDuration(text); err != nil {
			r.wrong(n, quoted(text)+" is no duration", `write it as duration("500ms")`)
		}
	}
}

// argument returns the only argument of a function when it is a text.
func argument(n *ast.BuiltinNode) (string, bool) {
	if len(n.Arguments) != 1 {
		return "", false
	}
	s, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return s.Value, true
}

// call refuses functions that are none, and methods, of which Go's types have
// many.
func (r *rules) call(n *ast.CallNode) {
	if id, ok := n.Callee.(*ast.IdentifierNode); ok {
		r.unknown(n, id.Value, slices.Sorted(maps.Keys(functions())), "functions are ")
		return
	}
	r.wrong(n, quoted(n.Callee.String())+" is no function", "")
}

// member checks names of fields that are known: a header in capitals would
// never be there.
func (r *rules) member(n *ast.MemberNode) {
	id, ok := n.Node.(*ast.IdentifierNode)
	field, constant := n.Property.(*ast.StringNode)
	if !ok || !constant {
		return
	}
	switch lower := strings.ToLower(field.Value); {
	case id.Value == "tls" && !slices.Contains(tlsNames(), field.Value):
		r.unknown(n.Property, field.Value, tlsNames(), "tls has ")
	case id.Value == "header" && lower != field.Value:
		r.wrong(n.Property, "names of headers are in lower case here", "write header["+quoted(lower)+"]")
	}
}

func (r *rules) operator(n *ast.BinaryNode, each bool) {
	switch {
	case n.Operator == "matches":
		r.matches(n)
	case each && (n.Operator == "+" || n.Operator == ".." || n.Operator == "??"):
		r.wrong(n, quoted(n.Operator)+" cannot be used for each element", hintEach)
	}
}

// matches counts the states of a pattern: a match takes time in proportion to
// them. A pattern that comes from the answer could not be counted.
func (r *rules) matches(n *ast.BinaryNode) {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		r.wrong(n, "the pattern on the right of matches must be a constant", "")
		return
	}
	if !isPlain(n.Left) {
		r.wrong(n, "matches wants a plain value on its left, such as body or json.name", "")
		return
	}
	parsed, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		r.wrong(n.Right, err.Error(), "")
		return
	}
	code, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		r.wrong(n.Right, err.Error(), "")
		return
	}
	if r.pattern += len(code.Inst); r.pattern > maxPattern {
		r.wrong(n.Right, "the pattern is too large", "counted repetitions such as {100} make it so")
	}
}

// isPlain reports whether a node is a part of the answer or the element, as it
// is.
func isPlain(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.PointerNode:
		return true
	case *ast.ChainNode:
		return isPlain(n.Node)
	case *ast.MemberNode:
		return isPlain(n.Node)
	}
	return false
}

// isConstantList reports whether a node is a list or a range of constants.
func isConstantList(n ast.Node) bool {
	var of []ast.Node
	switch n := n.(type) {
	case *ast.ArrayNode:
		of = n.Nodes
	case *ast.BinaryNode:
		if n.Operator != ".." {
			return false
		}
		of = children(n)
	default:
		return false
	}
	return !slices.ContainsFunc(of, func(n ast.Node) bool { return !isConstant(n) })
}

// isConstant reports whether a node is written out as a number, a text or the
// like.
func isConstant(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode, *ast.NilNode:
		return true
	case *ast.UnaryNode:
		return isConstant(n.Node)
	case *ast.BuiltinNode:
		_, ok := argument(n)
		return ok && n.Name == "duration"
	}
	return false
}
