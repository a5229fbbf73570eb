package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Longer than any evaluation takes that ends at all.
const patience = 5 * time.Second

// policy is compiled modules over their data.
type policy struct {
	compiler *ast.Compiler
	store    storage.Store
	txn      storage.Transaction
}

// compile reads and compiles as OPA does with a bundle: annotations read, rules checked against data, all errors told.
func compile(asked *request) (*policy, error) {
	ctx := context.Background()
	data := map[string]any{}
	if len(asked.Data) > 0 {
		value, err := readJSON(asked.Data)
		if err != nil {
			return nil, err
		}
		if object, ok := value.(map[string]any); ok {
			data = object
		} else if value != nil {
			return nil, errors.New("data is no object")
		}
	}
	store := inmem.NewFromObject(data)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	modules, err := parse(asked.Modules)
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().
		SetErrorLimit(0).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	return &policy{compiler, store, txn}, nil
}

func parse(sources map[string]source) (map[string]*ast.Module, error) {
	var found ast.Errors
	modules := make(map[string]*ast.Module, len(sources))
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		options := ast.ParserOptions{ProcessAnnotation: true, RegoVersion: sources[file].version()}
		module, err := ast.ParseModuleWithOpts(file, sources[file].Source, options)
		var several ast.Errors
		switch {
		case errors.As(err, &several):
			found = append(found, several...)
		case err != nil:
			found = append(found, ast.NewError(ast.ParseErr, ast.NewLocation(nil, file, 0, 0), "%s", err))
		default:
			modules[file] = module
		}
	}
	if len(found) > 0 {
		return nil, found
	}
	return modules, nil
}

// answer evaluates each query for each input: results[input][query].
func (p *policy) answer(asked *request) ([][]outcome, error) {
	inputs, err := asked.inputs()
	if err != nil {
		return nil, err
	}
	references, err := asked.references()
	if err != nil {
		return nil, err
	}
	results := make([][]outcome, 0, len(inputs))
	for _, input := range inputs {
		outcomes := make([]outcome, 0, len(references))
		for _, reference := range references {
			outcomes = append(outcomes, p.evaluate(asked, reference, input))
		}
		results = append(results, outcomes)
	}
	return results, nil
}

func (p *policy) evaluate(asked *request, reference, input *ast.Term) (found outcome) {
	defer func() {
		if broken := recover(); broken != nil {
			found = outcome{Error: "panic", Message: fmt.Sprint(broken)}
		}
	}()
	result := ast.Var("result")
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(patience, cancel.Cancel)
	defer timer.Stop()
	query := topdown.NewQuery(ast.NewBody(ast.Equality.Expr(reference, ast.NewTerm(result)))).
		WithCompiler(p.compiler).
		WithStore(p.store).
		WithTransaction(p.txn).
		WithInput(input).
		WithStrictBuiltinErrors(asked.Strict).
		WithIndexing(!asked.NoIndex).
		WithEarlyExit(!asked.NoIndex).
		WithCancel(cancel)
	if asked.Now != nil {
		query = query.WithTime(time.Unix(0, *asked.Now))
	}
	answers, err := query.Run(context.Background())
	if err != nil {
		return failed(err)
	}
	if len(answers) == 0 {
		return outcome{}
	}
	text, err := writeTerm(answers[0][result].Value, asked.Tagged)
	if err != nil {
		return outcome{Error: "unknown", Message: err.Error()}
	}
	return outcome{Value: text}
}
