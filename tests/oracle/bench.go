package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
)

const (
	warmups   = 2_000
	decisions = 20_000
	prepares  = 5
)

// timing is how long OPA takes, in nanoseconds: a decision from JSON to JSON, and its preparation.
type timing struct {
	P50     int64 `json:"p50_ns"`
	P95     int64 `json:"p95_ns"`
	Prepare int64 `json:"prepare_ns"`
	// The answer, so that the bench can be sure of what was timed.
	Result json.RawMessage `json:"result"`
}

// bench times the policy in a folder (its `.rego` files and `data.json`) with the folder's `input.json`.
func bench(out *bufio.Writer, folder, query string) error {
	input, err := os.ReadFile(filepath.Join(folder, "input.json"))
	if err != nil {
		return err
	}
	var found timing
	var prepared rego.PreparedEvalQuery
	for range prepares {
		began := time.Now()
		prepared, err = rego.New(rego.Query(query), rego.Load([]string{folder}, skip), rego.StrictBuiltinErrors(true)).
			PrepareForEval(context.Background())
		if err != nil {
			return err
		}
		if took := int64(time.Since(began)); found.Prepare == 0 || took < found.Prepare {
			found.Prepare = took
		}
	}
	took := make([]int64, 0, decisions)
	for n := range warmups + decisions {
		began := time.Now()
		if found.Result, err = decide(prepared, input); err != nil {
			return err
		}
		if n >= warmups {
			took = append(took, int64(time.Since(began)))
		}
	}
	slices.Sort(took)
	found.P50, found.P95 = took[len(took)/2], took[len(took)*95/100]
	return writeLine(out, found)
}

// skip leaves out what is no part of the policy.
func skip(path string, info os.FileInfo, _ int) bool {
	return !info.IsDir() && filepath.Ext(path) != ".rego" && info.Name() != "data.json"
}

func decide(prepared rego.PreparedEvalQuery, text []byte) (json.RawMessage, error) {
	input, err := readJSON(text)
	if err != nil {
		return nil, err
	}
	results, err := prepared.Eval(context.Background(), rego.EvalInput(input))
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("the query is undefined")
	}
	return json.Marshal(results[0].Expressions[0].Value)
}
