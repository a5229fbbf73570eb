package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

// answer is what OPA makes of a request: the outcomes, query by query for each input, or why it is no policy.
type answer struct {
	ID       json.RawMessage `json:"id"`
	Results  [][]outcome     `json:"results,omitempty"`
	Problems []problem       `json:"problems,omitempty"`
	// The request makes no sense, or OPA broke down over it.
	Failure string `json:"failure,omitempty"`
}

// outcome is a value, `{}` for none, or the code of an error.
type outcome struct {
	Value   json.RawMessage `json:"value,omitempty"`
	Error   string          `json:"error,omitempty"`
	Message string          `json:"message,omitempty"`
}

// problem is an error of the parser or compiler.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Column  int    `json:"column"`
}

func problems(err error) []problem {
	var several ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &several):
		var found []problem
		for _, err := range several {
			found = append(found, problemOf(err))
		}
		return found
	case errors.As(err, &one):
		return []problem{problemOf(one)}
	}
	return []problem{{Code: "unknown", Message: err.Error()}}
}

func problemOf(err *ast.Error) problem {
	found := problem{Code: err.Code, Message: err.Message}
	if at := err.Location; at != nil {
		found.File, found.Row, found.Column = at.File, at.Row, at.Col
	}
	return found
}

func failed(err error) outcome {
	var known *topdown.Error
	if errors.As(err, &known) {
		return outcome{Error: known.Code, Message: known.Message}
	}
	return outcome{Error: "unknown", Message: err.Error()}
}

// answerAll answers requests in their order, as many side by side as there are processors.
func answerAll(in io.Reader, out *bufio.Writer) error {
	waiting := make(chan chan *answer, runtime.GOMAXPROCS(0))
	stopped := make(chan error, 1)
	go func() {
		defer close(waiting)
		lines := bufio.NewReaderSize(in, 1<<20)
		for {
			line, err := lines.ReadBytes('\n')
			if len(bytes.TrimSpace(line)) > 0 {
				ready := make(chan *answer, 1)
				waiting <- ready
				go func() { ready <- answerLine(line) }()
			}
			if err == io.EOF {
				err = nil
			} else if err == nil {
				continue
			}
			stopped <- err
			return
		}
	}()
	for {
		select {
		case ready, more := <-waiting:
			if !more {
				return <-stopped
			}
			if err := writeLine(out, <-ready); err != nil {
				return err
			}
			continue
		default:
		}
		// Nobody waits longer than needed: what is ready goes out before we do.
		if err := out.Flush(); err != nil {
			return err
		}
		ready, more := <-waiting
		if !more {
			return <-stopped
		}
		if err := writeLine(out, <-ready); err != nil {
			return err
		}
	}
}

func answerLine(line []byte) (answered *answer) {
	answered = &answer{}
	defer func() {
		if broken := recover(); broken != nil {
			answered.Failure = fmt.Sprint(broken)
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		answered.Failure = err.Error()
		return answered
	}
	answered.ID = asked.ID
	policy, err := compile(&asked)
	if err != nil {
		answered.Problems = problems(err)
		return answered
	}
	answered.Results, err = policy.answer(&asked)
	if err != nil {
		answered.Failure = err.Error()
	}
	return answered
}

// readJSON reads a document with its numbers as they are written.
func readJSON(text []byte) (any, error) {
	var value any
	err := util.UnmarshalJSON(text, &value)
	return value, err
}
