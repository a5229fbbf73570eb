"""Writes `expected-r1.jsonl` and `expected-r2.jsonl`: what OPA answers to `inputs.jsonl`, line by line.

Usage: python make_expected.py [OPA]     OPA: path of the `opa` program; default: environment variable OPA, then `opa`

Builtin errors are strict. OPA 1.22.2 wrote the files that are checked in.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent


def answer(opa, bundle, case):
    query = "data." + case["entrypoint"].replace("/", ".")
    command = [opa, "eval", "--format", "json", "--strict-builtin-errors", "--stdin-input", "--bundle", bundle, query]
    done = subprocess.run(command, input=json.dumps(case["input"]), capture_output=True, text=True, check=False)
    output = json.loads(done.stdout)
    if "errors" in output:
        raise SystemExit(f"{case['name']}: {output['errors']}")
    if "result" not in output:
        return {"name": case["name"], "undefined": True}
    return {"name": case["name"], "result": output["result"][0]["expressions"][0]["value"]}


def main():
    opa = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OPA", "opa")
    cases = [json.loads(line) for line in (HERE / "inputs.jsonl").read_text(encoding="utf-8").splitlines()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for revision in ("r1", "r2"):
            answers = pool.map(lambda case: answer(opa, str(HERE / revision), case), cases)
            # Some readers end a line at U+2028 as well.
            lines = [json.dumps(found, ensure_ascii=False).replace("\u2028", "\\u2028") + "\n" for found in answers]
            (HERE / f"expected-{revision}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
