package heartbeat

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

const (
	// prefix begins the keys of the book in the store.
	prefix = "beat/"
	// afterwards is how long it may take to find out what became of a signal whose
	// sender does not wait any more.
	afterwards = 2 * time.Second
)

// Load reads what was heard before. What cannot be read as what it should be is
// logged and left alone. After an error nothing is known, and Run tries again.
func (b *Book) Load(ctx context.Context) error {
	b.keeping.Lock()
	defer b.keeping.Unlock()
	return b.load(ctx)
}

func (b *Book) load(ctx context.Context) error {
	kept, err := b.store.Kept(ctx, prefix)
	if err != nil {
		return fmt.Errorf("read what was heard: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, k := range kept {
		if err := b.restore(k, now); err != nil {
			b.log.Error("a heartbeat that was kept is damaged", "key", k.Key, "err", err)
		}
	}
	b.loaded = true
	return nil
}

// restore takes what was kept of a name, unless it was heard meanwhile. What
// Away told so far happened after it was kept.
func (b *Book) restore(k event.Kept, now time.Time) error {
	var r record
	err := json.Unmarshal(k.Value, &r)
	name := k.Key[len(prefix):]
	p := b.pages[name]
	if p == nil {
		if err != nil {
			return err
		}
		p = &page{}
		b.pages[name] = p
	}
	p.revision = k.Revision
	if p.Beat == nil && !p.gone && err == nil {
		p.kept = p.version
		p.restore(r, now)
	}
	return err
}

// keep keeps a page as it is now, unless the version given is kept already.
func (b *Book) keep(ctx context.Context, name string, p *page, version uint64) error {
	b.keeping.Lock()
	defer b.keeping.Unlock()
	b.mu.Lock()
	loaded, done := b.loaded, p.kept >= version
	b.mu.Unlock()
	if done {
		return nil
	}
	if !loaded {
		if err := b.load(ctx); err != nil {
			return err
		}
	}
	return b.write(ctx, name, p)
}

// write keeps a page. When the store fails, it looks what is stored, and where
// that is not what it should be it tries once more: nobody else writes these
// keys.
func (b *Book) write(ctx context.Context, name string, p *page) error {
	err := error(nil)
	if !p.doubtful {
		if err = b.try(ctx, name, p); err == nil {
			return nil
		}
	}
	later, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	stored, found := b.look(later, prefix+name)
	if p.doubtful = found != nil; p.doubtful {
		return cmp.Or(err, found)
	}
	if err != nil && stored.Revision == p.revision {
		return err
	}
	p.revision = stored.Revision
	return b.try(later, name, p)
}

// try keeps a page once.
func (b *Book) try(ctx context.Context, name string, p *page) error {
	value, version, err := b.code(p)
	if err != nil {
		return err
	}
	if value != nil || p.revision != 0 {
		revision, err := b.store.Keep(ctx, prefix+name, value, p.revision)
		if err != nil {
			return err
		}
		if p.revision = revision; value == nil {
			p.revision = 0
		}
	}
	b.learn(name, p, version)
	return nil
}

// code returns what is to be kept of a page, nil to forget it, and its version.
func (b *Book) code(p *page) ([]byte, uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.gone {
		return nil, p.version, nil
	}
	value, err := json.Marshal(p.record)
	return value, p.version, err
}

// learn notes that a version of a page is kept.
func (b *Book) learn(name string, p *page, version uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.kept = version; p.gone && !p.unkept() {
		delete(b.pages, name)
	}
}

// look returns what is stored under a key, with revision 0 when there is nothing.
func (b *Book) look(ctx context.Context, key string) (event.Kept, error) {
	kept, err := b.store.Kept(ctx, key)
	i := slices.IndexFunc(kept, func(k event.Kept) bool { return k.Key == key })
	if err != nil || i < 0 {
		return event.Kept{Key: key}, err
	}
	return kept[i], nil
}

// Forget forgets a sender: its check is no more. An error says that it is still
// kept; it is tried again.
func (b *Book) Forget(ctx context.Context, name string) error {
	b.mu.Lock()
	p := b.pages[name]
	if p == nil {
		b.mu.Unlock()
		return nil
	}
	p.gone = true
	p.changed()
	version := p.version
	b.mu.Unlock()
	if err := b.keep(ctx, name, p, version); err != nil {
		b.hurry()
		return fmt.Errorf("forget heartbeat %s: %w", name, err)
	}
	return nil
}
