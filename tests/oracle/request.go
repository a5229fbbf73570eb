package main

import (
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// source is a module: its text, and the Rego it is written in, 0 or 1.
type source struct {
	Source  string `json:"source"`
	Version int    `json:"version"`
}

func (s source) version() ast.RegoVersion {
	if s.Version == 0 {
		return ast.RegoV0
	}
	return ast.RegoV1
}

// request is one policy, and what is asked of it: each query for each input.
type request struct {
	ID      json.RawMessage   `json:"id"`
	Modules map[string]source `json:"modules"`
	Data    json.RawMessage   `json:"data"`
	// Texts of JSON.
	Inputs []string `json:"inputs"`
	// One more input, as a term of Rego. Without any input, the queries are asked once, without one.
	InputTerm *string `json:"input_term"`
	// References to places in `data`: `data.p.allow`. None: the policy is only compiled.
	Queries []string `json:"queries"`
	Strict  bool     `json:"strict"`
	// Nanoseconds since the Unix epoch; absent: the machine's time.
	Now *int64 `json:"now"`
	// Answers keep sets apart from arrays, and keys of objects as they are (see term.go).
	Tagged bool `json:"tagged"`
	// Evaluate without OPA's rule index. Without it OPA's early exit takes one value where there are many, so that goes
	// with it.
	NoIndex bool `json:"no_index"`
}

func (r *request) inputs() ([]*ast.Term, error) {
	var inputs []*ast.Term
	for _, text := range r.Inputs {
		input, err := readJSON([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("input: %w", err)
		}
		inputs = append(inputs, ast.NewTerm(ast.MustInterfaceToValue(input)))
	}
	if r.InputTerm != nil {
		term, err := ast.ParseTerm(*r.InputTerm)
		if err != nil {
			return nil, fmt.Errorf("input_term: %w", err)
		}
		inputs = append(inputs, term)
	}
	if len(inputs) == 0 {
		inputs = append(inputs, nil)
	}
	return inputs, nil
}

func (r *request) references() ([]*ast.Term, error) {
	var references []*ast.Term
	for _, text := range r.Queries {
		reference, err := ast.ParseRef(text)
		if err != nil {
			return nil, fmt.Errorf("query `%s`: %w", text, err)
		}
		references = append(references, ast.NewTerm(reference))
	}
	return references, nil
}
