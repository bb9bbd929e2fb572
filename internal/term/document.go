package term

import "io"

// WriteDocument writes a value as JSON for people and programs to read.
func WriteDocument(w io.Writer, value any) error { return writeJSON(w, value, true) }
