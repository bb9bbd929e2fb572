package web

import "context"

// drainKey finds, in a request's context, the context that ends when the server
// wants long answers to end.
type drainKey struct{}

// drainOf returns that context; one that never ends outside of Serve.
func drainOf(ctx context.Context) context.Context {
	if drain, ok := ctx.Value(drainKey{}).(context.Context); ok {
		return drain
	}
	return context.Background()
}

// draining returns a channel that is closed when long answers are to end.
func draining(ctx context.Context) <-chan struct{} { return drainOf(ctx).Done() }
