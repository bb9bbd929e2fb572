package expect

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// An explainer finds the part of an expression because of which it does not
// hold, and puts it into words. It works on a syntax tree of its own: trees are
// many times larger than programs, and failures are few.
type explainer struct {
	root   ast.Node
	config *conf.Config
	env    *environment
	asked  map[string]bool    // the names in the parts found guilty
	truths map[ast.Node]truth // of the parts that were computed
}

func newExplainer(p *Program, e *environment) *explainer {
	x := &explainer{config: config(), env: e, asked: map[string]bool{}, truths: map[ast.Node]truth{}}
	tree, _, err := analyse(p.text)
	if err != nil {
		return x // it compiled before: this cannot be
	}
	x.root = tree.Node
	return x
}

// why explains the whole expression.
func (x *explainer) why() string {
	if x.root == nil {
		return "the expectation does not hold"
	}
	return x.blame(x.root, false)
}

// blame says why a part is not as it must be: it is false, or, inverted, true,
// or there is no telling.
func (x *explainer) blame(n ast.Node, inverted bool) string {
	if inner, ok := negation(n); ok {
		return x.blame(inner, !inverted)
	}
	left, right, conjunction, ok := connective(n)
	switch {
	case ok && (x.truth(left) == untold || x.truth(left) == truthOf(inverted) && conjunction != inverted):
		return x.blame(left, inverted)
	case ok && conjunction == inverted && x.truth(right) != untold: // either side would have done
		return x.blame(left, inverted) + "; " + x.blame(right, inverted)
	case ok:
		return x.blame(right, inverted)
	}
	x.ask(n)
	return x.describe(n, inverted)
}

// ask notes the names that a part speaks of.
func (x *explainer) ask(n ast.Node) {
	if id, ok := n.(*ast.IdentifierNode); ok {
		x.asked[id.Value] = true
	}
	for _, c := range children(n) {
		if c != nil {
			x.ask(c)
		}
	}
}

// value computes a part of the expression that is not within a predicate.
func (x *explainer) value(n ast.Node) (any, error) {
	c := *x.config
	c.Expect, c.Optimize = 0, false
	code, err := compiler.Compile(&parser.Tree{Node: n, Source: file.NewSource(n.String())}, &c)
	if err != nil {
		return nil, err
	}
	return run(code, x.env)
}

// culprit returns the first element of a list that breaks all(…) or none(…).
func (x *explainer) culprit(n *ast.BuiltinNode) (any, bool) {
	list, ok := overEach(n)
	if !ok || n.Name != "all" && n.Name != "none" {
		return nil, false
	}
	broken := n.Arguments[1].(*ast.PredicateNode).Node
	if n.Name == "all" {
		broken = &ast.UnaryNode{Operator: "not", Node: broken}
	}
	find := &ast.BuiltinNode{Name: "filter", Arguments: []ast.Node{list, &ast.PredicateNode{Node: broken}}}
	if _, err := checker.Check(&parser.Tree{Node: find}, x.unexpecting()); err != nil {
		return nil, false
	}
	found, err := x.value(find)
	if list, ok := found.([]any); ok && err == nil && len(list) > 0 {
		return list[0], true
	}
	return nil, false
}

// unexpecting returns the configuration without a type for the result.
func (x *explainer) unexpecting() *conf.Config {
	c := *x.config
	c.Expect = 0
	return &c
}
