// Package auth says who may do what: tokens, their scopes, and the file that
// keeps them.
//
// A token is a long random secret that is shown once, when it is made. What is
// kept is its SHA-256: the secret has 256 random bits, so nothing slower or
// salted would make it harder to guess. Nothing here does I/O, reads a clock or
// draws random numbers by itself.
package auth
