package expect

import "github.com/expr-lang/expr/ast"

// A truth is what a part of an expression comes to.
type truth int

const (
	untold truth = iota // it has no value
	isFalse
	isTrue
)

func truthOf(is bool) truth {
	if is {
		return isTrue
	}
	return isFalse
}

// truth tells what a part comes to. Each part is computed once.
func (x *explainer) truth(n ast.Node) truth {
	known, ok := x.truths[n]
	if !ok {
		known = x.tell(n)
		x.truths[n] = known
	}
	return known
}

func (x *explainer) tell(n ast.Node) truth {
	if inner, ok := negation(n); ok {
		if t := x.truth(inner); t != untold {
			return truthOf(t == isFalse)
		}
		return untold
	}
	if left, right, conjunction, ok := connective(n); ok {
		if t := x.truth(left); t != truthOf(conjunction) {
			return t
		}
		return x.truth(right)
	}
	v, err := x.value(n)
	is, ok := v.(bool)
	if err != nil || !ok {
		return untold
	}
	return truthOf(is)
}

// negation takes not apart.
func negation(n ast.Node) (inner ast.Node, ok bool) {
	if not, ok := n.(*ast.UnaryNode); ok && (not.Operator == "not" || not.Operator == "!") {
		return not.Node, true
	}
	return nil, false
}

// connective takes and, or apart.
func connective(n ast.Node) (left, right ast.Node, conjunction, ok bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil, nil, false, false
	}
	switch b.Operator {
	case "and", "&&":
		return b.Left, b.Right, true, true
	case "or", "||":
		return b.Left, b.Right, false, true
	}
	return nil, nil, false, false
}
