package discovery

import "context"

// Browse tells of the services of a type, such as "_http._tcp", until the
// context ends; see [Options.Browse].
func Browse(ctx context.Context, serviceType string, tell func(Found)) error {
	return Options{}.Browse(ctx, serviceType, tell)
}

// Browse calls tell for every service of a type, such as "_http._tcp", once its
// address, port and text are known, again when they change, and once more with
// Gone when it takes leave or is not heard of any more. A service that is found
// on two interfaces is told of twice.
//
// It calls from one goroutine and waits for each call. It returns nil when the
// context ends; an error means that the type is none, or, where it is
// [errors.ErrUnsupported], that this works on Linux only. A network that is not
// there is waited for.
func (o Options) Browse(ctx context.Context, serviceType string, tell func(Found)) error {
	domain, err := typeName(serviceType)
	if err != nil {
		return err
	}
	n := newNode(o)
	n.role = &browser{node: n, serviceType: serviceType, domain: domain, tell: tell, views: map[int]*view{}}
	return n.run(ctx)
}
