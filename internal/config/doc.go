// Package config reads how portreeve is to run: flag before environment before
// file before default, for every option.
//
// [Options] is the one table of what there is: the parser of the command line,
// the manual, the reference in docs/configuration.md and [Load] all read it. A
// new option is one line there.
//
// Load is strict and complete: an unknown key, a value that is none, a name
// given twice are mistakes, and it tells all of them at once, each with its
// place in the file, the line itself and what to write instead. What kinds of
// checks there are it does not know: [Sources] carries who does.
//
// Nothing that may be a secret (headers, bodies, tokens, passwords in URLs) is
// ever part of an error or of what [Config.Print] writes.
package config
