package journal

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/portreeve/portreeve/internal/event"
)

// An identity tells the cursors of one journal from those of another. It is
// drawn at random when a journal is created.
type identity [8]byte

// cursorSize is identity, sequence number and a checksum over both.
const cursorSize = 8 + 8 + 4

// cursorText is strict, so that every cursor has exactly one spelling.
var cursorText = base64.RawURLEncoding.Strict()

// cursor returns the cursor just after an entry.
func (id identity) cursor(seq int64) event.Cursor {
	b := binary.BigEndian.AppendUint64(id[:8:8], uint64(seq))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return event.Cursor(cursorText.EncodeToString(b))
}

// seq returns the sequence number in a cursor of this journal, 0 for the
// empty one, and event.ErrCursor for a damaged or foreign one.
func (id identity) seq(c event.Cursor) (int64, error) {
	if c == "" {
		return 0, nil
	}
	// The length is checked too: the decoder skips line ends.
	b, err := cursorText.DecodeString(string(c))
	if err != nil || len(b) != cursorSize || len(c) != cursorText.EncodedLen(cursorSize) {
		return 0, fmt.Errorf("%w: it is damaged", event.ErrCursor)
	}
	if crc32.ChecksumIEEE(b[:16]) != binary.BigEndian.Uint32(b[16:]) {
		return 0, fmt.Errorf("%w: it is damaged", event.ErrCursor)
	}
	if identity(b[:8]) != id {
		return 0, fmt.Errorf("%w: it is of another journal", event.ErrCursor)
	}
	return int64(binary.BigEndian.Uint64(b[8:])), nil
}
