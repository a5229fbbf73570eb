"""Checks every case of this corpus against OPA itself.

Usage: python verify_with_opa.py [OPA]     OPA: path of the `opa` program; default: environment variable OPA, then `opa`

`want` is what OPA 1.22.2 says with strict builtin errors, unless the case says otherwise. Each case is a bundle of its own, so each needs a process of
its own; as many run at a time as there are processors. One line is printed for each case that OPA answers otherwise.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

HERE = Path(__file__).parent
KEYS = {"name", "version", "strict", "modules", "data", "entrypoint", "input", "want", "differs"}
OUTCOMES = [{"result"}, {"undefined"}, {"error"}, {"refused", "file", "row"}]


def cases():
    """All cases as (file name, case), checked for their form."""
    found, names = [], set()
    for path in sorted(HERE.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            where = f"{path.name}: {case['name']}"
            if case["name"] in names:
                raise SystemExit(f"{where}: the name is taken")
            if not set(case) <= KEYS:
                raise SystemExit(f"{where}: unknown keys {sorted(set(case) - KEYS)}")
            if set(case["want"]) not in OUTCOMES:
                raise SystemExit(f"{where}: unknown outcome {sorted(case['want'])}")
            names.add(case["name"])
            found.append((path.name, case))
    return found


def write_bundle(folder, case):
    for name, source in case["modules"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    manifest = {"rego_version": case.get("version", 1), "roots": [""]}
    (folder / ".manifest").write_text(json.dumps(manifest), encoding="utf-8")
    if "data" in case:
        (folder / "data.json").write_text(json.dumps(case["data"]), encoding="utf-8")


def answer(opa, case):
    """What OPA says, in the form of `want`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write_bundle(folder, case)
        query = case["entrypoint"]
        if not query.startswith(("data.", "data[")):
            query = "data" + "".join(f"[{json.dumps(part)}]" for part in query.split("/"))
        command = [opa, "eval", "--format", "json", "--stdin-input", "--bundle", str(folder), query]
        if case.get("strict", True):
            command.insert(2, "--strict-builtin-errors")
        done = subprocess.run(
            command, input=json.dumps(case.get("input", {})), capture_output=True, text=True, encoding="utf-8", check=False
        )
        output = json.loads(done.stdout)
        if "errors" in output:
            return failure(output["errors"][0], folder)
        if "result" not in output:
            return {"undefined": True}
        return {"result": output["result"][0]["expressions"][0]["value"]}


def failure(error, folder):
    """The first error. Those of the parser come as text: `FILE:ROW: rego_parse_error: …`."""
    code = error.get("code", "")
    if code.startswith("eval_"):
        return {"error": code}
    if code:
        place = error["location"]
        return {"refused": code, "file": relative(place["file"], folder), "row": place["row"]}
    found = re.search(re.escape(str(folder)) + r"/(\S+?):(\d+): (rego_\w+)", error["message"])
    if not found:
        return {"unexpected": error["message"]}
    return {"refused": found[3], "file": found[1], "row": int(found[2])}


def relative(file, folder):
    return file.removeprefix(str(folder)).removeprefix(str(folder).lstrip("/")).lstrip("/")


def comparable(value):
    """Numbers compare as numbers (1 is 1.0), but no number is a boolean."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, (int, float)):
        return ("number", float(value))
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return {key: comparable(item) for key, item in value.items()}


def main():
    opa = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OPA", "opa")
    found = cases()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda entry: answer(opa, entry[1]), found))
    wrong = 0
    for (file, case), said in zip(found, answers):
        if comparable(said) != comparable(case["want"]):
            wrong += 1
            print(f"{file}: {case['name']}: want {json.dumps(case['want'])}, OPA says {json.dumps(said)}")
    print(f"{len(found)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
