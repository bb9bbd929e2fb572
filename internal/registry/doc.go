// Package registry holds what people and apps ask for at run time: that a check be
// watched, that it be paused, that trouble be expected for a while, that somebody
// looks after an incident. It is kept as JSON under keys with revisions, in the
// journal's file:
//
//	check/NAME      a check that an app signed up for
//	pause/CHECK     who paused the check, when and why
//	window/ID       a maintenance window
//	ack/INCIDENT    who looks after an incident
//
// A change is kept first and takes effect then; when it cannot be kept, it is
// refused, and nothing has happened. Questions are answered from memory, at once.
//
// What the configuration says stands beside it: its windows are told with
// [Registry.Configure], and have no ID. A check that the configuration has
// paused and somebody resumed is paused again after a restart. Of a name that both
// the configuration and an app have, the configuration's check is asked; the app's
// waits, with its pause, until the name is free.
//
// Apps are strangers. Who they are and what they may have are the rules of package
// registration; here is who has what, how many, and how often they may ask. To
// refuse them costs no write, no work that grows with what is registered, and no
// memory that lasts.
package registry
