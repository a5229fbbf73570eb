// Command oracle asks real OPA, linked in as a library, what the tests want to know.
//
//	oracle cases v1|v0        the official cases, one JSON object a line (see case.go)
//	oracle eval               answers requests, one JSON object a line (see request.go, answer.go)
//	oracle bench FOLDER QUERY times a prepared policy (see bench.go)
//
// Nothing of OPA is copied here: the cases are read from the folder of OPA's Go module.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer out.Flush()
	switch {
	case len(arguments) == 2 && arguments[0] == "cases":
		return printCases(out, arguments[1])
	case len(arguments) == 1 && arguments[0] == "eval":
		return answerAll(os.Stdin, out)
	case len(arguments) == 3 && arguments[0] == "bench":
		return bench(out, arguments[1], arguments[2])
	}
	return fmt.Errorf("usage: oracle cases v1|v0, oracle eval, oracle bench FOLDER QUERY")
}

// writeLine writes a value as one line of JSON.
func writeLine(out *bufio.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
