package client

import (
	"errors"
	"net/http"
)

// weightier returns the error that says more: a decision before an answer, an
// answer before none.
func weightier(one, other error) error {
	weight := func(err error) int {
		var e *Error
		switch {
		case err == nil:
			return 0
		case decided(err):
			return 3
		case errors.As(err, &e):
			return 2
		}
		return 1
	}
	if weight(other) > weight(one) {
		return other
	}
	return one
}

// decided reports whether a server that takes registrations decided on this one.
// One that does not take any, or not from us, decides nothing.
func decided(err error) bool {
	return refused(err, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
}

// unwilling reports whether a server takes no registrations, or not ours.
func unwilling(err error) bool {
	return refused(err, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed)
}
