package expect

import "testing"

func TestAShelfCompilesOnce(t *testing.T) {
	var s Shelf
	a, err := s.Compile("status == 200")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := s.Compile("status == 200"); a != b {
		t.Error("one expression has two programs")
	}
	if c, _ := s.Compile("status == 201"); a == c {
		t.Error("two expressions have one program")
	}
	for range 2 {
		if _, err := s.Compile("statuss == 200"); err == nil {
			t.Error("a mistake is taken")
		}
	}
	var none *Shelf
	if p, err := none.Compile("status == 200"); err != nil || p == nil || p == a {
		t.Errorf("no shelf: %p, %v", p, err)
	}
}
