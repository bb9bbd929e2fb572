package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A Store keeps values under keys, with revisions. Keep replaces the value
// that has the revision given, 0 for a key that does not exist, and returns the
// new one; a nil value forgets the key. After an error of Keep nobody knows
// whether the value is kept.
type Store interface {
	Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	Kept(ctx context.Context, prefix string) ([]event.Kept, error)
}

// afterwards is how long it may take to find out what became of a change whose
// caller does not wait any more.
const afterwards = 2 * time.Second

// A shelf is a store and what was last known to be in it. It is not safe for
// concurrent use.
type shelf struct {
	store Store
	known map[string]event.Kept
	// doubtful keys may have another value than is known: what was to be kept
	// when the store failed, though it was said that it is not.
	doubtful map[string]bool
}

// maxDoubts is how many keys may be in doubt. While there are more than can come of
// a few changes under way, the store is neither written nor read, and strangers
// could have us remember everything that they ask for.
const maxDoubts = 1_000

var errDoubts = errors.New("the store has failed too often, and is not asked for more until it works again")

func newShelf(store Store) *shelf {
	return &shelf{store: store, known: map[string]event.Kept{}, doubtful: map[string]bool{}}
}

// read returns all that is kept under a prefix.
func (s *shelf) read(ctx context.Context, prefix string) ([]event.Kept, error) {
	kept, err := s.store.Kept(ctx, prefix)
	for _, k := range kept {
		s.known[k.Key] = k
	}
	return kept, err
}

// put keeps a value as JSON; nil forgets the key.
func (s *shelf) put(ctx context.Context, key string, value any) error {
	var code []byte
	if value != nil {
		var err error
		if code, err = json.Marshal(value); err != nil {
			return fmt.Errorf("keep %s: %w", key, err)
		}
	}
	if err := s.write(ctx, key, code); err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return nil
}

// write keeps a value, unless it is known to be kept. When the store fails, it
// looks whether the value is kept all the same, and when the revision was not the
// one that it should be, it tries once more: nobody else writes these keys.
func (s *shelf) write(ctx context.Context, key string, value []byte) error {
	if !s.doubtful[key] && same(s.known[key].Value, value) {
		return nil
	}
	if !s.doubtful[key] && len(s.doubtful) >= maxDoubts {
		return errDoubts
	}
	err := s.try(ctx, key, value)
	if err == nil {
		return nil
	}
	later, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	stored, found := s.look(later, key)
	switch {
	case found != nil:
		s.doubtful[key] = true
		return err
	case same(stored.Value, value):
		s.learn(key, stored)
		return nil
	case stored.Revision == s.known[key].Revision:
		return err
	}
	s.known[key] = event.Kept{Key: key, Value: s.known[key].Value, Revision: stored.Revision}
	return s.try(later, key, value)
}

// same reports whether two values are the same, or both none.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// try keeps a value once.
func (s *shelf) try(ctx context.Context, key string, value []byte) error {
	revision, err := s.store.Keep(ctx, key, value, s.known[key].Revision)
	if err == nil {
		s.learn(key, event.Kept{Key: key, Value: value, Revision: revision})
	}
	return err
}

// look returns what is stored under a key, with no value and revision 0 when
// there is nothing.
func (s *shelf) look(ctx context.Context, key string) (event.Kept, error) {
	kept, err := s.store.Kept(ctx, key)
	i := slices.IndexFunc(kept, func(k event.Kept) bool { return k.Key == key })
	if err != nil || i < 0 {
		return event.Kept{Key: key}, err
	}
	return kept[i], nil
}

// learn takes what is stored.
func (s *shelf) learn(key string, stored event.Kept) {
	delete(s.doubtful, key)
	if s.known[key] = stored; stored.Value == nil {
		delete(s.known, key)
	}
}

// settle writes what is known where something else may be stored. It returns the
// first error.
func (s *shelf) settle(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(s.doubtful)) {
		if err := s.write(ctx, key, s.known[key].Value); err != nil {
			return fmt.Errorf("keep %s: %w", key, err)
		}
	}
	return nil
}
