"""OPA's official cases, answered by the component in its Python host.

Usage: python conformance.py [v1] [v0] [GROUP]

The oracle (`just oracle-build`) tells the cases. Prints every case that comes out otherwise with the reason, a table by
group, and how many came out right. Fails if a case comes out wrong whose builtin functions are all there.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from sark_policy import (
    Bundle,
    BundleRefused,
    EvaluationFailed,
    PolicyHost,
    SarkPolicyError,
    Settings,
    UnknownEntrypoint,
)

ROOT = Path(__file__).parents[2]
ORACLE = os.environ.get("ORACLE", str(ROOT / "target/oracle/oracle"))


def official_cases(version: str) -> Iterator[dict[str, Any]]:
    """Yield the cases of a set, `v1` or `v0`, as tests/oracle/case.go tells them."""
    told = subprocess.run([ORACLE, "cases", version], stdout=subprocess.PIPE, check=True)
    for line in told.stdout.splitlines():
        # Data go into the bundle as they came: with the notation of every number.
        yield json.loads(line, parse_float=Exact, parse_int=Exact)


class Exact(float):
    """A number that keeps its notation when it is written as JSON again."""

    def __new__(cls, text: str) -> "Exact":
        """Read it."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __repr__(self) -> str:
        """Return the notation, which is what `json` writes for a float."""
        return self.text


def bundle_of(case: dict[str, Any]) -> Bundle:
    """Make a case's bundle."""
    versions = {f"/{file}": int(module["version"]) for file, module in case["modules"].items()}
    files = {file: module["source"] for file, module in case["modules"].items()}
    files[".manifest"] = json.dumps({"revision": "1", "file_rego_versions": versions})
    if case.get("data") is not None:
        files["data.json"] = dump(case["data"])
    return Bundle.of_files(files)


def dump(value: Any) -> str:
    """Write JSON; `json` would use the number behind an `Exact`, not its notation."""
    if isinstance(value, Exact):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dump(item) for item in value) + "]"
    return json.dumps(value)


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the component makes of a case: `value`, `undefined`, `error`, or `refused` with its messages."""
    try:
        settings = Settings(
            strict_builtin_errors=case["strict"], deadline=20.0, activation_deadline=20.0, cache_ttl=0.0, depth=256
        )
        with PolicyHost.open(bundle_of(case), settings) as host:
            # The word stands for no input at all.
            body = json.loads(host.decide_json(case["entrypoint"], case.get("input", "undefined")), parse_float=Decimal)
    except BundleRefused as refused:
        messages = [problem.message for problem in refused.problems]
        return {"refused": [problem.code for problem in refused.problems], "messages": messages}
    except EvaluationFailed as failed:
        return {"error": failed.problem.code, "message": failed.problem.message}
    except UnknownEntrypoint:
        # What can never be there is not there now.
        return {"undefined": True}
    except SarkPolicyError as error:
        return {"broken": str(error)}
    return {"value": body["result"]} if "result" in body else {"undefined": True}


def comparable(value: Any, *, as_set: bool = False) -> Any:
    """Return something that is equal for equal JSON, numbers by value, lists as sets if asked."""
    if value is None or isinstance(value, (bool, str)):
        return (type(value).__name__, value)
    if isinstance(value, (Exact, int, float, Decimal)):
        number = Decimal(value.text if isinstance(value, Exact) else value)
        return ("number", str(number.normalize()) if number else "0")
    if isinstance(value, dict):
        return tuple(sorted((key, comparable(item)) for key, item in value.items()))
    items = [comparable(item) for item in value]
    return ("list", *(sorted(items, key=repr) if as_set else items))


def bindings(case: dict[str, Any], rows: list[dict[str, Any]]) -> set[Any]:
    """Return the bindings, each once and in no order."""
    as_set = case["sort_bindings"]
    return {tuple(sorted((name, comparable(value, as_set=as_set)) for name, value in row.items())) for row in rows}


def right(case: dict[str, Any], found: dict[str, Any]) -> bool:
    """Tell whether an answer is what a case wants."""
    want = case["want"]
    if "refused" in want:
        return want["refused"] in found.get("refused", [])
    if "error" in found:
        return found["error"] == want["code"] if "code" in want else "error" in want
    if "bindings" not in want or not found.keys() & {"value", "undefined"}:
        return False
    if "undefined" in found:
        rows = []
    elif "variable" in case:
        rows = [{case["variable"]: found["value"]}]
    else:
        rows = found["value"]
    return bindings(case, want["bindings"] or []) == bindings(case, rows)


def shortened(text: str) -> str:
    """Return a text in one line, not too long."""
    line = text.replace("\n", " ")
    return line if len(line) <= 240 else f"{line[:240]}…"


def missing(found: dict[str, Any]) -> list[str]:
    """Return the builtin functions for whose absence a policy was refused; none if there is another reason."""
    messages = found.get("messages", [])
    named = [re.match(r"function `([^`]+)` is not available here", message) for message in messages]
    return sorted({match[1] for match in named if match}) if all(named) else []


def main() -> int:
    """Run them all."""
    sets = [argument for argument in sys.argv[1:] if argument in ("v1", "v0")] or ["v1", "v0"]
    group = next((argument for argument in sys.argv[1:] if argument not in ("v1", "v0")), None)
    closing, absent, wrong = [], Counter[str](), 0
    for version in sets:
        rights, alls = Counter[str](), Counter[str]()
        for case in official_cases(version):
            if group not in (None, case["group"]):
                continue
            found = answer(case)
            alls[case["group"]] += 1
            if right(case, found):
                rights[case["group"]] += 1
                if "refused" in case["want"]:
                    print(f"{version}: {case['name']}: right: OPA itself refuses this as a bundle")
                continue
            print(f"{version}: {case['name']}: got {shortened(str(found))}, want {shortened(dump(case['want']))}")
            names = missing(found)
            absent.update(names)
            wrong += not names
        for name in sorted(alls):
            mark = "" if rights[name] == alls[name] else "  <"
            print(f"{version:6} {name:48} {rights[name]:5} of {alls[name]:5}{mark}")
        closing.append(f"{version}: {rights.total()} of {alls.total()}")
    if absent:
        print("builtin functions that are not there, and the cases that want each:")
        for name in sorted(absent):
            print(f"  {name:48} {absent[name]:5}")
    if wrong:
        print(f"{wrong} wrong for other reasons")
    print("\n".join(closing))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
