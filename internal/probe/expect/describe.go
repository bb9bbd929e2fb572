package expect

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// phrases say what a comparison found: first that it does not hold, then that
// it does although it must not.
func phrases() map[string][2]string {
	return map[string][2]string{
		"==":         {"not %s", "which it must not be"},
		"!=":         {"which it must not be", "not %s"},
		"<":          {"not < %s", "which is < %s"},
		"<=":         {"not <= %s", "which is <= %s"},
		">":          {"not > %s", "which is > %s"},
		">=":         {"not >= %s", "which is >= %s"},
		"in":         {"not in %s", "which is in %s"},
		"contains":   {"which does not contain %s", "which contains %s"},
		"startsWith": {"which does not start with %s", "which starts with %s"},
		"endsWith":   {"which does not end with %s", "which ends with %s"},
		"matches":    {"which does not match %s", "which matches %s"},
	}
}

// describe says what a part that is no and, or, not was found to be.
func (x *explainer) describe(n ast.Node, inverted bool) string {
	if cmp, ok := n.(*ast.BinaryNode); ok {
		if phrase, ok := phrases()[cmp.Operator]; ok {
			return x.comparison(cmp, phrase, inverted)
		}
	}
	v, err := x.value(n)
	if call, ok := n.(*ast.BuiltinNode); ok {
		return x.result(call, v, err)
	}
	if err != nil {
		return x.trouble(n, err)
	}
	if x.isMissing(n) {
		return n.String() + " is not there"
	}
	return n.String() + " is " + x.env.inWords(v)
}

// result describes what a function returned: for one that looks at each element
// of a list, with the element that decided.
func (x *explainer) result(n *ast.BuiltinNode, v any, err error) string {
	if list, ok := overEach(n); ok {
		of, err := x.value(list)
		if _, isList := of.([]any); err == nil && !isList && list.Type().Kind() == reflect.Interface {
			if x.isMissing(list) {
				return list.String() + " is not there"
			}
			return list.String() + " is " + x.env.inWords(of) + ", not a list"
		}
	}
	if err != nil {
		return x.trouble(n, err)
	}
	text := n.String() + " is " + x.env.inWords(v)
	if element, ok := x.culprit(n); ok {
		text += " because of " + x.env.inWords(element)
	}
	return text
}

// overEach returns the list that a function with a predicate walks over.
func overEach(n *ast.BuiltinNode) (list ast.Node, ok bool) {
	if len(n.Arguments) < 2 {
		return nil, false
	}
	_, ok = n.Arguments[1].(*ast.PredicateNode)
	return n.Arguments[0], ok
}

// comparison describes a comparison by the values on both sides.
func (x *explainer) comparison(n *ast.BinaryNode, phrase [2]string, inverted bool) string {
	left, right := n.Left, n.Right
	if (n.Operator == "==" || n.Operator == "!=") && isConstant(left) {
		left, right = right, left
	}
	a, err := x.value(left)
	if err != nil {
		return x.trouble(left, err)
	}
	b, err := x.value(right)
	if err != nil {
		return x.trouble(right, err)
	}
	if x.isMissing(left) && !inverted {
		return left.String() + " is not there"
	}
	if _, err := x.value(n); err != nil {
		return fmt.Sprintf("%s is %s, which %s cannot be asked of", left, x.env.inWords(a), n.Operator)
	}
	is := left.String() + " is " + x.env.inWords(a) + ", "
	text := phrase[0]
	if inverted {
		text = phrase[1]
	}
	if !strings.Contains(text, "%s") {
		return is + text
	}
	if other := x.env.inWords(b); isConstant(right) || isConstantList(right) {
		return is + fmt.Sprintf(text, other)
	}
	return is + fmt.Sprintf(text, right.String()+", which is "+x.env.inWords(b))
}

// isMissing reports whether a part is the member of a map that has none of
// that name. Its value is then nil or empty, as if it were there.
func (x *explainer) isMissing(n ast.Node) bool {
	of, key, ok := x.member(n)
	if !ok {
		return false
	}
	switch m := of.(type) {
	case map[string]any:
		_, ok = m[key]
	case map[string]string:
		_, ok = m[key]
	}
	return !ok
}

// member takes a.b apart into the value of a and "b".
func (x *explainer) member(n ast.Node) (of any, key string, ok bool) {
	if chain, is := n.(*ast.ChainNode); is {
		n = chain.Node
	}
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return nil, "", false
	}
	property, err := x.value(m.Property)
	key, ok = property.(string)
	if err != nil || !ok {
		return nil, "", false
	}
	of, err = x.value(m.Node)
	return of, key, err == nil
}

// trouble says why a part has no value: most often a member of something that
// has no members.
func (x *explainer) trouble(n ast.Node, err error) string {
	for _, c := range children(n) {
		if _, within := c.(*ast.PredicateNode); within || c == nil {
			continue
		}
		if _, err := x.value(c); err != nil {
			return x.trouble(c, err)
		}
	}
	if of, key, ok := x.member(n); ok {
		parent := n.(*ast.MemberNode).Node
		if x.isMissing(parent) {
			return parent.String() + " is not there"
		}
		return fmt.Sprintf("%s is %s, which has no %s", parent, x.env.inWords(of), quoted(key))
	}
	return n.String() + ": " + message(err)
}
