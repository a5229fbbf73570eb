package main

import (
	"bytes"
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

// writeTerm writes a value as OPA's REST interface does: sets as sorted arrays, keys that are no strings as their own
// JSON. Tagged, it keeps what JSON has no word for: a set is `{"$set": […]}`, an object with keys that are no strings
// `{"$object": [[key, value], …]}`, both in OPA's order. Numbers keep their notation.
func writeTerm(value ast.Value, tagged bool) (json.RawMessage, error) {
	var native any
	if tagged {
		native = tag(value)
	} else {
		plain, err := ast.JSONWithOpt(value, ast.JSONOpt{SortSets: true})
		if err != nil {
			return nil, err
		}
		native = plain
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(native)
	return bytes.TrimSpace(out.Bytes()), err
}

func tag(value ast.Value) any {
	switch value := value.(type) {
	case *ast.Array:
		items := make([]any, 0, value.Len())
		value.Foreach(func(item *ast.Term) { items = append(items, tag(item.Value)) })
		return items
	case ast.Set:
		items := make([]any, 0, value.Len())
		for _, item := range value.Slice() {
			items = append(items, tag(item.Value))
		}
		return map[string]any{"$set": items}
	case ast.Object:
		return tagObject(value)
	case ast.Null:
		return nil
	case ast.Boolean:
		return bool(value)
	case ast.Number:
		return json.Number(value)
	case ast.String:
		return string(value)
	}
	return map[string]any{"$other": value.String()}
}

func tagObject(object ast.Object) any {
	fields := make(map[string]any, object.Len())
	pairs := make([]any, 0, object.Len())
	for _, key := range object.Keys() {
		found := tag(object.Get(key).Value)
		if name, ok := key.Value.(ast.String); ok {
			fields[string(name)] = found
		}
		pairs = append(pairs, [2]any{tag(key.Value), found})
	}
	if len(fields) < len(pairs) {
		return map[string]any{"$object": pairs}
	}
	return fields
}
