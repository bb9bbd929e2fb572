// Package registry holds what people ask for at run time: that a check be
// paused, that trouble be expected for a while, that somebody looks after an
// incident. It is kept as JSON under keys with revisions, in the journal's file:
//
//	pause/CHECK     who paused the check, when and why
//	window/ID       a maintenance window
//	ack/INCIDENT    who looks after an incident
//
// A change is kept first and takes effect then; when it cannot be kept, it is
// refused, and nothing has happened. Questions are answered from memory, at once.
//
// What the configuration says stands beside it: its windows are told with
// [Registry.Configure], and have no ID. A check that the configuration has
// paused and somebody resumed is paused again after a restart.
package registry
