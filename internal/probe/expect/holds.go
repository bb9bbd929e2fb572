package expect

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/vm"
)

// Errors of [Program.Holds].
var (
	// ErrNotJSON says that the expectation failed because it asks for json and
	// the body is none.
	ErrNotJSON = errors.New("the body is no JSON")
	// ErrTooCostly says that the expression made longer lists than a run may: a
	// fault of the expression's, not of who answered.
	ErrTooCostly = errors.New("the expectation costs too much")
)

// Holds reports whether the expectation holds for an answer. If not, why says
// so for people, with the values seen: `json.status is "DEGRADED", not "OK"`.
// An expression that cannot be told for this answer, such as json.a.b where
// json.a is no object, does not hold. The error is nil, ErrNotJSON or
// ErrTooCostly; why is given along with it.
func (p *Program) Holds(a Answer) (ok bool, why string, err error) {
	e := p.newEnvironment(a)
	if v, err := run(p.code, e); v == true {
		return true, "", nil
	} else if isTooCostly(err) {
		return false, ErrTooCostly.Error() + " for this answer", ErrTooCostly
	}
	x := newExplainer(p, e)
	why = x.why()
	if x.asked["json"] && e.notJSON != nil {
		return false, e.describeBody(), ErrNotJSON
	}
	return false, why, nil
}

// run runs code on an environment.
func run(code *vm.Program, e *environment) (any, error) {
	machine := vm.VM{MemoryBudget: maxMade}
	return machine.Run(code, e)
}

// isTooCostly tells the machine's only own limit. It has no error of its own.
func isTooCostly(err error) bool {
	return err != nil && strings.HasPrefix(err.Error(), "memory budget exceeded")
}
