// Package registration holds the nouns and rules by which apps sign up to be
// watched: what they may ask for ([Request]), who they are ([Caller]), what is
// kept of it ([Registration]), and why it is refused ([Refusal]). Nothing here
// does I/O or reads a clock.
package registration
