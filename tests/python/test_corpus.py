"""The corpus: what a policy means, case by case, as the Rust host runs it too."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Opener
from sark_policy import Bundle, BundleRefused, EvaluationFailed, InputRefused, UnknownEntrypoint

CORPUS = Path(__file__).parents[1] / "corpus"


def cases() -> list[Any]:
    """Return every case under its name; one that is known to differ must differ."""
    found = []
    for file in sorted(CORPUS.glob("*.yaml")):
        for case in yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            differs = case.get("differs")
            marks = [pytest.mark.xfail(reason=differs, strict=True, raises=AssertionError)] if differs else []
            found.append(pytest.param(case, id=f"{file.stem}: {case['name']}", marks=marks))
    return found


def bundle_of(case: dict[str, Any]) -> Bundle:
    """Make a case's bundle."""
    files = dict(case["modules"])
    if "version" in case:
        files[".manifest"] = json.dumps({"rego_version": case["version"]})
    if "data" in case:
        files["data.json"] = json.dumps(case["data"])
    return Bundle.of_files(files)


@pytest.mark.usefixtures("crossing")
@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any], opened: Opener) -> None:
    """The bundle is refused, or the decision comes to what OPA says, by either way into the sandbox."""
    want = case["want"]
    try:
        strict = case.get("strict", True)
        host = opened(bundle_of(case), activation_deadline=120.0, strict_builtin_errors=strict)
        decision = host.decide(case["entrypoint"], case.get("input", {}))
        found: Any = {"result": decision.result} if decision.defined else {"undefined": True}
    except BundleRefused as refused:
        found = [{"refused": problem.code, "file": problem.file, "row": problem.row} for problem in refused.problems]
        if want in found:
            found = want
    except (UnknownEntrypoint, InputRefused, EvaluationFailed) as failed:
        found = {"error": failed.problem.code}
    assert want == found
