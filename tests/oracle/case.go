package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"
)

const (
	opaModule = "github.com/open-policy-agent/opa"
	// Where a query lives that is not just a place in `data`.
	queryPackage = "conformance"
)

// The folder of OPA's Go module; the recipe that builds this program fills it in.
var opaFolder string

// officialCase is one of OPA's cases, said in our words: a bundle, an entry point, an input, and what must come of it.
type officialCase struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	// The modules, and with them the query's own (see `wrap`).
	Modules map[string]source `json:"modules"`
	Data    any               `json:"data,omitempty"`
	// A text of JSON; absent: there is no input.
	Input      *string `json:"input,omitempty"`
	Entrypoint string  `json:"entrypoint"`
	// The query asks for a place in `data` alone: its value is this variable's. Else the entry point's value is the
	// set of all bindings.
	Variable string `json:"variable,omitempty"`
	Strict   bool   `json:"strict"`
	// Bindings that are arrays compare as sets.
	SortBindings bool `json:"sort_bindings"`
	Want         want `json:"want"`
}

// want is what must come of a case: an error with this code, any error, or these bindings.
type want struct {
	// OPA itself refuses the case as a bundle, with this code: data and rules at one path, which its tests let by, or
	// a builtin that only its tests have.
	Refused  string            `json:"refused,omitempty"`
	Code     string            `json:"code,omitempty"`
	Error    string            `json:"error,omitempty"`
	Bindings *[]map[string]any `json:"bindings,omitempty"`
}

func printCases(out *bufio.Writer, set string) error {
	version := map[string]int{"v0": 0, "v1": 1}
	number, known := version[set]
	if !known {
		return fmt.Errorf("there are the cases v0 and v1, no `%s`", set)
	}
	folder, err := testdata()
	if err != nil {
		return err
	}
	loaded, err := cases.Load(filepath.Join(folder, set))
	if err != nil {
		return err
	}
	for _, official := range loaded.Sorted().Cases {
		translated, err := translate(&official, number)
		if err != nil {
			return fmt.Errorf("%s: %w", official.Note, err)
		}
		if err := writeLine(out, translated); err != nil {
			return err
		}
	}
	return nil
}

func testdata() (string, error) {
	folder := opaFolder
	if folder == "" {
		listed, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", opaModule).Output()
		if err != nil {
			return "", fmt.Errorf("go list -m %s: %w", opaModule, err)
		}
		folder = strings.TrimSpace(string(listed))
	}
	folder = filepath.Join(folder, "v1", "test", "cases", "testdata")
	_, err := os.Stat(folder)
	return folder, err
}

func translate(official *cases.TestCase, version int) (*officialCase, error) {
	translated := &officialCase{
		Name:         official.Note,
		Group:        filepath.Base(filepath.Dir(official.Filename)),
		Modules:      map[string]source{},
		Strict:       official.StrictError,
		SortBindings: official.SortBindings,
	}
	if official.Data != nil {
		translated.Data = *official.Data
	}
	for i, text := range official.Modules {
		translated.Modules[fmt.Sprintf("test-%d.rego", i)] = source{text, version}
	}
	switch {
	case official.WantErrorCode != nil:
		translated.Want.Code = *official.WantErrorCode
	case official.WantError != nil:
		translated.Want.Error = *official.WantError
	default:
		translated.Want.Bindings = official.WantResult
	}
	term, err := translated.takeInput(official)
	if err != nil {
		return nil, err
	}
	if err := translated.takeQuery(official, term); err != nil {
		return nil, err
	}
	return translated, translated.checkAsBundle()
}

func (c *officialCase) checkAsBundle() error {
	data, err := json.Marshal(c.Data)
	if err != nil {
		return err
	}
	if _, err := compile(&request{Modules: c.Modules, Data: data}); err != nil {
		c.Want = want{Refused: problems(err)[0].Code}
	}
	return nil
}

// takeInput keeps an input that JSON can carry, and returns any other as a term.
func (c *officialCase) takeInput(official *cases.TestCase) (*ast.Term, error) {
	var value any
	switch {
	case official.InputTerm != nil:
		term, err := ast.ParseTerm(*official.InputTerm)
		if err != nil {
			return nil, err
		}
		if !isJSON(term) {
			return term, nil
		}
		if value, err = ast.JSON(term.Value); err != nil {
			return nil, err
		}
	case official.Input != nil:
		value = *official.Input
	default:
		return nil, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	input := string(text)
	c.Input = &input
	return nil, nil
}

// isJSON tells whether JSON can carry a term: it holds no set, no key but texts, and nothing to evaluate.
func isJSON(term *ast.Term) bool {
	can := true
	ast.WalkTerms(term, func(inner *ast.Term) bool {
		switch value := inner.Value.(type) {
		case ast.Null, ast.Boolean, ast.Number, ast.String, *ast.Array:
		case ast.Object:
			for _, key := range value.Keys() {
				if _, ok := key.Value.(ast.String); !ok {
					can = false
				}
			}
		default:
			can = false
		}
		return !can
	})
	return can
}
