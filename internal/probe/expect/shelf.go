package expect

import "sync"

// A Shelf compiles an expression once for all who ask for it: ten thousand
// checks mostly have one expectation. It keeps every program for as long as it
// lives itself, so make one for each set of checks. The zero Shelf is empty; it
// is safe for concurrent use, and a nil one compiles each time.
type Shelf struct {
	mu       sync.Mutex
	programs map[string]*Program
}

// Compile is the function of that name, with a memory.
func (s *Shelf) Compile(text string) (*Program, error) {
	if s == nil {
		return Compile(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.programs[text]; p != nil {
		return p, nil
	}
	p, err := Compile(text)
	if err != nil {
		return nil, err
	}
	if s.programs == nil {
		s.programs = map[string]*Program{}
	}
	s.programs[text] = p
	return p, nil
}
