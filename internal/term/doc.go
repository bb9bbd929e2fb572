// Package term shows what the board knows to people at a terminal and to
// programs behind a pipe.
//
// A command's output is a [Report]: a [Table], the same items as JSON, and
// [Line]s beneath that say what the table cannot. On a pipe a table is plain:
// every column, nothing clipped, columns at least two blanks apart, no cell
// empty. On a terminal it is coloured, fitted to the width, and states are
// shapes: ● ok, ▲ problem, ◆ warning, ◌ unknown.
//
// In cells "?" means unknown and "-" does not apply. Foreign text is printed
// through its String method alone, so no process can reach the terminal by
// its name.
package term
