package web

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
)

// spoolSize is how much of an answer waits for its reader, give or take an item.
const spoolSize = 8 << 10

// A listing is a report of the shape R that is written item by item: who reads
// slowly holds a few kilobytes of it, and not all that it says.
type listing[R any] struct {
	envelope R             // the report without its items
	items    iter.Seq[any] // made one after the other, as they are written
}

// An encoder writes itself as JSON.
type encoder interface {
	encode(w io.Writer) error
}

// Schema is that of the report.
func (listing[R]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[R](), true, "")
}

// encode writes the envelope with the items in the place of its empty list.
func (l listing[R]) encode(w io.Writer) error {
	envelope, err := json.Marshal(l.envelope)
	if err != nil {
		return err
	}
	list := []byte(`"items":[]`) // in no string, where quotes are escaped
	head, tail, _ := bytes.Cut(envelope, list)
	s := newSpool(w)
	s.buffer.Write(head)
	s.buffer.Write(list[:len(list)-1])
	if err := s.writeItems(l.items); err != nil {
		return err
	}
	s.buffer.WriteByte(']')
	s.buffer.Write(tail)
	s.buffer.WriteByte('\n')
	return s.flush()
}

// A spool gathers small pieces of JSON into writes of some size.
type spool struct {
	w      io.Writer
	buffer bytes.Buffer
	json   *json.Encoder // into the buffer
}

func newSpool(w io.Writer) *spool {
	s := &spool{w: w}
	s.buffer.Grow(spoolSize + spoolSize/4)
	s.json = json.NewEncoder(&s.buffer)
	return s
}

func (s *spool) writeItems(items iter.Seq[any]) error {
	first := true
	for item := range items {
		if !first {
			s.buffer.WriteByte(',')
		}
		first = false
		if err := s.json.Encode(item); err != nil {
			return err
		}
		s.buffer.Truncate(s.buffer.Len() - 1) // the line break
		if s.buffer.Len() < spoolSize {
			continue
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) flush() error {
	_, err := s.w.Write(inert(s.buffer.Bytes()))
	s.buffer.Reset()
	return err
}

// listed makes a listing of a report.
func listed[T any](r board.Report[T]) listing[board.Report[T]] {
	items := r.Items
	r.Items = []T{}
	return listing[board.Report[T]]{r, func(yield func(any) bool) {
		for i := range items {
			if !yield(&items[i]) {
				return
			}
		}
	}}
}
