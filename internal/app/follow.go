package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
)

// A chronicle is a journal as a follower reads it.
type chronicle interface {
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)
	Recent(ctx context.Context, limit int) ([]event.Recorded, error)
	Wait(ctx context.Context, after event.Cursor) error
}

const (
	followBatch = 200
	followRetry = time.Second
)

// recall seeds the board's timeline with the newest entries of the journal and
// returns the cursor after them.
func recall(ctx context.Context, j chronicle, b *board.Board) (event.Cursor, error) {
	entries, err := j.Recent(ctx, board.MaxRecent)
	if err != nil || len(entries) == 0 {
		return "", err
	}
	b.Recall(entries)
	return entries[len(entries)-1].Cursor, nil
}

// follow keeps the board's timeline up with the journal until ctx ends. A
// journal that cannot be read for a while is asked again, and that is said once.
func follow(ctx context.Context, j chronicle, b *board.Board, at event.Cursor, log *slog.Logger) error {
	failing := false
	for ctx.Err() == nil {
		entries, err := next(ctx, j, at)
		if err != nil && ctx.Err() == nil {
			if !failing {
				log.Error("the timeline stands still: the journal cannot be read", "err", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(followRetry):
			}
		}
		failing = err != nil
		if n := len(entries); n > 0 {
			b.Record(entries...)
			at = entries[n-1].Cursor
		}
	}
	return nil
}

// next waits for entries after a cursor.
func next(ctx context.Context, j chronicle, at event.Cursor) ([]event.Recorded, error) {
	if err := j.Wait(ctx, at); err != nil {
		return nil, err
	}
	return j.Read(ctx, at, followBatch)
}
