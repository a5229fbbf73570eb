package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"
)

// takeQuery makes an entry point of a query. `data.a.b = x` asks for a place in `data`, which is one as it stands. Any
// other query becomes the body of a rule, in a module of its own, that collects its variables.
func (c *officialCase) takeQuery(official *cases.TestCase, input *ast.Term) error {
	body, err := ast.ParseBody(official.Query)
	if err != nil {
		return err
	}
	if reference, variable, ok := place(body); ok && input == nil {
		c.Entrypoint, c.Variable = reference.String(), string(variable)
		return nil
	}
	for file, module := range c.Modules {
		if strings.Contains(module.Source, queryPackage) {
			return fmt.Errorf("%s: the query's package is taken", file)
		}
	}
	c.Modules["query.rego"] = source{wrap(official.Query, variables(body), input), 1}
	c.Entrypoint = "data." + queryPackage + ".result"
	return nil
}

// place reads a query that asks for one place in `data`.
func place(body ast.Body) (ast.Ref, ast.Var, bool) {
	if len(body) != 1 || body[0].Negated || len(body[0].With) > 0 || !body[0].IsEquality() {
		return nil, "", false
	}
	left, right := body[0].Operand(0), body[0].Operand(1)
	if _, ok := left.Value.(ast.Var); ok {
		left, right = right, left
	}
	variable, ok := right.Value.(ast.Var)
	if !ok || variable.IsWildcard() || slices.Contains(ast.ReservedVars.Sorted(), variable) {
		return nil, "", false
	}
	if root, ok := left.Value.(ast.Var); ok && root == ast.DefaultRootDocument.Value {
		return ast.DefaultRootRef, variable, true
	}
	reference, ok := left.Value.(ast.Ref)
	if !ok || !reference.HasPrefix(ast.DefaultRootRef) {
		return nil, "", false
	}
	for _, part := range reference[1:] {
		if _, ok := part.Value.(ast.String); !ok {
			return nil, "", false
		}
	}
	return reference, variable, true
}

// variables are those that a query binds: not its wildcards, nor what lives in a comprehension.
func variables(body ast.Body) []string {
	parameters := ast.SafetyCheckVisitorParams
	found := map[string]bool{}
	for variable := range body.Vars(parameters) {
		if !variable.IsWildcard() && !ast.ReservedVars.Contains(variable) {
			found[string(variable)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func wrap(query string, variables []string, input *ast.Term) string {
	fields := make([]string, len(variables))
	for i, name := range variables {
		fields[i] = fmt.Sprintf("%q: %s", name, name)
	}
	bindings := "{" + strings.Join(fields, ", ") + "}"
	if input == nil {
		return fmt.Sprintf("package %s\n\nresult contains %s if {\n%s\n}\n", queryPackage, bindings, query)
	}
	return fmt.Sprintf("package %s\n\nbindings contains %s if {\n%s\n}\n\nresult := all if all := bindings with input as %s\n",
		queryPackage, bindings, query, input)
}
