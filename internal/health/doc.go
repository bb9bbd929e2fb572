// Package health holds the nouns and rules of checks: what is asked
// ([Spec]), what was seen ([Result]), what is believed ([Status]), and the
// machine between them ([Tracker]), whose moves are [Change] values.
//
// Nothing here does I/O or reads a clock. A Result is plain data, so the judge
// cannot tell whether it came from this process, a child or another host.
package health
