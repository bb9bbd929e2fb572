package client

// A Receipt is what a server says to who signed up.
type Receipt struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Token is the owner's: it changes, pauses and ends this registration, and sends
	// its heartbeats. It is told once, when the registration is created; later it is
	// empty for an owner who showed it.
	Token string   `json:"token"`
	Notes []string `json:"notes"` // what was done otherwise than asked, and why

	Restarts  int  `json:"restarts"`   // how often the app has signed up since the first time
	CrashLoop bool `json:"crash_loop"` // three times within ten minutes

	// CheckPath, PagePath and PushPath are where the check is found in the API and
	// by people, and where its heartbeats go: paths on the server. PushPath is empty
	// for all but push.
	CheckPath string `json:"check"`
	PagePath  string `json:"page"`
	PushPath  string `json:"push"`
}

// An Outcome is what came of signing up.
type Outcome string

// The outcomes. A server may know more.
const (
	Created   Outcome = "created"
	Restarted Outcome = "restarted"  // it was signed up already, by the same owner
	Changed   Outcome = "changed"    // the same, with another definition
	TakenOver Outcome = "taken_over" // another held the name, and its app did not answer any more
)

// notes returns the notes of a receipt, if there is one.
func (r *Receipt) notes() []string {
	if r == nil {
		return nil
	}
	return r.Notes
}
