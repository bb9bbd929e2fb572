package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// maxDepth is how deep JSON may be nested.
const maxDepth = 16

// An object is a JSON object in the body of a request, its fields not yet
// understood.
type object struct {
	values map[string]json.RawMessage
	wrong  []wrongField // fields that should not be there
	more   int          // that are left out of these
}

// maxUnknown is how many fields that are not known are told one by one: what they
// were meant to be is not found out for nothing.
const maxUnknown = 10

// readObject reads the body of r, which must be one JSON object of at most so
// many bytes, and nothing after it. Fields that are not known, or that come
// twice, are wrong.
func readObject(w http.ResponseWriter, r *http.Request, most int64, known ...string) (object, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return object{}, &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("The body is larger than %d bytes.", most)}
	}
	if err != nil {
		return object{}, &problem{Status: http.StatusBadRequest, Detail: "The body did not come in full."}
	}
	o, err := parseObject(body, known)
	if err != nil {
		return object{}, &problem{Status: http.StatusBadRequest, Detail: "The body is not the JSON that is expected: " + err.Error() + "."}
	}
	return o, nil
}

func parseObject(body []byte, known []string) (object, error) {
	if depth(body) > maxDepth {
		return object{}, fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	o := object{values: map[string]json.RawMessage{}}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil {
		return o, describe(err)
	} else if t != json.Delim('{') {
		return o, errors.New("it is no object")
	}
	for d.More() {
		if err := o.read(d, known); err != nil {
			return o, describe(err)
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return o, describe(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return o, errors.New("something follows the object")
	}
	if o.more > 0 {
		o.wrong = append(o.wrong, wrong("body", "", "%d more fields are unknown", o.more))
	}
	return o, nil
}

// read reads one field.
func (o *object) read(d *json.Decoder, known []string) error {
	key, err := d.Token()
	if err != nil {
		return err
	}
	name, _ := key.(string) // the decoder permits nothing else before a value
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return err
	}
	_, twice := o.values[name]
	switch {
	case (twice || !slices.Contains(known, name)) && len(o.wrong) >= maxUnknown:
		o.more++
	case !slices.Contains(known, name):
		o.wrong = append(o.wrong, wrong("body."+foreign.Text(name).Clip(maxShown), "", "%s", unknownField(name, known)))
	case twice:
		o.wrong = append(o.wrong, wrong("body."+name, "", "is there twice"))
	default:
		o.values[name] = value
	}
	return nil
}

// describe words an error of the decoder for who wrote the text.
func describe(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends early")
	case errors.As(err, &syntax):
		return fmt.Errorf("%s, at byte %d", strings.TrimPrefix(syntax.Error(), "json: "), syntax.Offset)
	}
	return err
}

// depth returns how deep brackets are nested, in a text that may be no JSON.
func depth(text []byte) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// decodeBody reads the body of a request that changes something, for huma.
func decodeBody(body []byte, into any) error {
	if depth(body) > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	return json.Unmarshal(body, into)
}

// isNull reports whether a value is null, which any type takes for nothing.
func isNull(raw json.RawMessage) bool { return string(raw) == "null" }
