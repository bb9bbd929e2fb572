package main

// noInit forbids init functions: what a package does at import cannot be
// tested, ordered or left out.
func noInit(f file) []breach {
	var breaches []breach
	for _, fn := range f.functions() {
		if fn.Recv == nil && fn.Name.Name == "init" {
			breaches = append(breaches, f.breach(fn.Pos(), "func init: let the caller call it by name"))
		}
	}
	return breaches
}
