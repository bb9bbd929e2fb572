package heartbeat

import "testing"

// Who is asked for is kept, though never heard, so that no restart begins its wait
// anew.
func TestWhoIsAskedForIsKept(t *testing.T) {
	on(t, func(s *shift) {
		s.until(1) // Run has kept all that there was before
		if _, kept := s.disk.kept["beat/job"]; !kept {
			t.Errorf("kept %v, want beat/job", s.disk.kept)
		}
	})
}
