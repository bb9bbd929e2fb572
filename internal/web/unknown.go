package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/portreeve/portreeve/internal/foreign"
)

// unknownQuery is what huma says of a parameter that it does not know.
const unknownQuery = "unknown query parameter"

// hintUnknown tells who wrote a field, or a parameter, that an operation does not
// know which there are. It changes huma's answers to wrong requests, which say
// only that it is not expected, and repeat the whole object that it is in.
func hintUnknown(schemas huma.Registry) huma.Transformer {
	return func(c huma.Context, _ string, v any) (any, error) {
		wrong, ok := v.(*huma.ErrorModel)
		if !ok {
			return v, nil
		}
		if more := len(wrong.Errors) - maxUnknown; more > 0 {
			wrong.Errors = append(wrong.Errors[:maxUnknown:maxUnknown], &huma.ErrorDetail{Message: fmt.Sprintf("%d more fields are wrong", more)})
		}
		for _, d := range wrong.Errors {
			where, name, _ := strings.Cut(d.Location, ".")
			switch d.Message {
			case validation.MsgUnexpectedProperty:
				d.Message, d.Value = unknownField(name, bodyFields(schemas, c.Operation())), nil
			case unknownQuery:
				d.Message = unknownField(name, queryFields(c.Operation()))
			default:
				continue
			}
			d.Location = where + "." + foreign.Text(name).Clip(maxShown)
		}
		return v, nil
	}
}

// bodyFields lists the fields of an operation's body.
func bodyFields(schemas huma.Registry, op *huma.Operation) []string {
	if op == nil || op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	schema := op.RequestBody.Content["application/json"].Schema
	if schema.Ref != "" {
		schema = schemas.SchemaFromRef(schema.Ref)
	}
	return slices.Sorted(maps.Keys(schema.Properties))
}

// queryFields lists the parameters of an operation's query.
func queryFields(op *huma.Operation) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}
