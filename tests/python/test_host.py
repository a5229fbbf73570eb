"""The contract of `PolicyHost`, method by method."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from conftest import POLICY, Opener, archive, bundle
from sark_policy import (
    BadSetting,
    Bundle,
    BundleRefused,
    BundleUnreadable,
    Closed,
    Decision,
    EvaluationFailed,
    InputNotSerializable,
    InputRefused,
    PolicyHost,
    Settings,
    Undecided,
    UnknownEntrypoint,
)


def test_open_takes_a_folder(opened: Opener, tmp_path: Path) -> None:
    """A folder's path, as text or as a path, is a bundle."""
    (tmp_path / "policy.rego").write_text(POLICY)
    assert 1 == opened(str(tmp_path)).decide("p/ok", {}).result
    assert 1 == opened(tmp_path).decide("p/ok", {}).result


def test_open_takes_an_archive(opened: Opener, tmp_path: Path) -> None:
    """An archive's path and its bytes are a bundle."""
    packed = archive(("policy.rego", POLICY.encode()))
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(packed)
    assert 1 == opened(path).decide("p/ok", {}).result
    assert 1 == opened(packed).decide("p/ok", {}).result
    assert 1 == opened(Bundle.of_archive(packed)).decide("p/ok", {}).result


def test_open_takes_settings_and_overrides(opened: Opener) -> None:
    """Single settings go over the settings object."""
    host = opened(settings=Settings(shards=3, cache_entries=5), shards=2)
    assert 2 == host.stats().shards


def test_open_refuses_an_unknown_setting() -> None:
    """A misspelt setting is an error."""
    with pytest.raises(TypeError, match="dedline"):
        PolicyHost.open(bundle(), dedline=1)


def test_open_refuses_a_path_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is unreadable, with the path and the cause."""
    with pytest.raises(BundleUnreadable) as caught:
        PolicyHost.open(tmp_path / "nothing")
    assert str(tmp_path / "nothing") == caught.value.path
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_open_refuses_a_missing_entrypoint() -> None:
    """A bundle without a required entry point is refused."""
    with pytest.raises(BundleRefused) as caught:
        PolicyHost.open(bundle(), entrypoints=["p/allow", "p/nothing"])
    assert ["unknown_entrypoint"] == [problem.code for problem in caught.value.problems]


def test_open_names_the_place_of_a_problem() -> None:
    """A syntax error carries file, row and cure, in one line."""
    with pytest.raises(BundleRefused) as caught:
        PolicyHost.open(bundle("package p\nx := \n"))
    problem = caught.value.problems[0]
    assert ("rego_parse_error", "policy.rego") == (problem.code, problem.file)
    assert problem.row > 0
    assert problem.cure
    assert "\n" not in str(caught.value)


def test_decide_returns_the_value(host: PolicyHost) -> None:
    """A decision has the rule's value and what explains it."""
    decision = host.decide("p/allow", {"roles": ["admin"]})
    assert (True, True, "r1", False) == (decision.result, decision.defined, decision.revision, decision.cached)
    assert "p/allow" == decision.diagnostics.entrypoint
    assert decision.diagnostics.made_at > 1.7e9
    assert decision.decision_id


def test_decide_takes_a_reference(host: PolicyHost) -> None:
    """An entry point is OPA's REST path or a reference."""
    assert host.decide("data.p.allow", {"roles": ["admin"]}).result is True


def test_decide_undefined_is_no_error(host: PolicyHost) -> None:
    """An undefined rule is a decision without a value."""
    decision = host.decide("p/x", {})
    assert (None, False) == (decision.result, decision.defined)


def test_decide_null_is_defined(host: PolicyHost) -> None:
    """A rule whose value is null is defined."""
    decision = host.decide("p/x", {"x": None})
    assert (None, True) == (decision.result, decision.defined)


def test_decide_refuses_an_unknown_entrypoint(host: PolicyHost) -> None:
    """Where nothing can ever be, nothing is decided."""
    with pytest.raises(UnknownEntrypoint) as caught:
        host.decide("q/nothing", {})
    assert "unknown_entrypoint" == caught.value.problem.code


@pytest.mark.parametrize("entrypoint", ["", "\ud800", "p..x", "/", "p/\x00"])
def test_decide_refuses_a_senseless_entrypoint(host: PolicyHost, entrypoint: str) -> None:
    """Whatever is asked for, the error is a typed one and the next decision is right."""
    with contextlib.suppress(UnknownEntrypoint):
        host.decide(entrypoint, {})
    assert 1 == host.decide("p/ok", {}).result


def test_decide_tells_a_failed_evaluation(host: PolicyHost) -> None:
    """A builtin's error is no decision."""
    with pytest.raises(EvaluationFailed) as caught:
        host.decide("p/fails", {"text": "twelve"})
    assert ("eval_builtin_error", "policy.rego") == (caught.value.problem.code, caught.value.problem.file)


def test_decide_finds_no_value_where_a_builtin_fails_and_errors_are_not_strict(opened: Opener) -> None:
    """Without strict builtin errors the call is undefined, as by OPA's default."""
    host = opened(strict_builtin_errors=False)
    assert not host.decide("p/fails", {"text": "twelve"}).defined
    assert 12 == host.decide("p/fails", {"text": "12"}).result


def test_decide_json_takes_the_word_undefined_for_no_input(host: PolicyHost) -> None:
    """`input` is undefined then; any other text that is no JSON is refused."""
    assert "{}" == host.decide_json("p/x", "undefined")
    with pytest.raises(InputRefused):
        host.decide_json("p/x", "undefined ")


def test_decide_caches_no_failure(host: PolicyHost) -> None:
    """A failure is found again by evaluating again."""
    for _ in range(2):
        with pytest.raises(EvaluationFailed):
            host.decide("p/fails", {"text": "twelve"})
    assert 0 == host.stats().cache.hits


def test_decide_refuses_what_json_cannot_carry(host: PolicyHost) -> None:
    """An input that is no JSON never reaches the policy."""
    with pytest.raises(InputNotSerializable) as caught:
        host.decide("p/x", {"x": [1, {2}]})
    assert "input.x[1]" == caught.value.path


def test_decide_json_returns_the_rest_body(host: PolicyHost) -> None:
    """The answer is OPA's body, from text and from bytes."""
    assert '{"result":true}' == host.decide_json("p/allow", '{"roles":["admin"]}')
    assert '{"result":{"n":[1,"ä"]}}' == host.decide_json("p/f", '{"n":[1,"ä"]}'.encode())
    assert "{}" == host.decide_json("p/x", "{}")


@pytest.mark.parametrize("text", ["", "{", '{"a":1}x', "NaN", b"\xff", "\ud800", b"\xef\xbb\xbf{}"])
def test_decide_json_refuses_what_is_not_json(host: PolicyHost, text: str | bytes) -> None:
    """Anything but one JSON document in UTF-8 is refused."""
    with pytest.raises(InputRefused) as caught:
        host.decide_json("p/ok", text)
    assert ("input_parse_error", "input") == (caught.value.problem.code, caught.value.problem.file)


def test_decide_json_refuses_duplicate_keys(host: PolicyHost) -> None:
    """An object with a key twice means two things, so it is refused."""
    with pytest.raises(InputRefused, match="role"):
        host.decide_json("p/ok", '{"role":"user","role":"admin"}')


def test_decide_batch_answers_in_order(opened: Opener) -> None:
    """Every input has its answer in its place, over several shards."""
    host = opened(shards=3)
    decisions = host.decide_batch("p/x", [{"x": n} for n in range(100)])
    assert list(range(100)) == [decision.result for decision in decisions if isinstance(decision, Decision)]


def test_decide_batch_keeps_failures_apart(host: PolicyHost) -> None:
    """An input that fails, or cannot be written, stands in its place alone."""
    inputs = [{"text": "1"}, {"text": "one"}, {"text": object()}, {"text": "2"}, {"text": "1"}]
    found = host.decide_batch("p/fails", inputs)
    assert [1, 2, 1] == [found[place].result for place in (0, 3, 4)]  # type: ignore[union-attr]
    assert [EvaluationFailed, InputNotSerializable] == [type(found[1]), type(found[2])]
    assert [False, True] == [found[0].cached, found[4].cached]  # type: ignore[union-attr]


def test_decide_batch_survives_a_trap(opened: Opener) -> None:
    """An input that ends the instance gets its own error; all others get their answers."""
    host = opened(
        bundle("package p\nx := count([numbers.range(1, 100000) | some _ in numbers.range(1, input.n)])"),
        memory=32 << 20,
    )
    found = host.decide_batch("p/x", [{"n": 3}, {"n": 1_000}, {"n": 4}])
    assert [
        3,
        "MemoryExhausted",
        4,
    ] == [type(decision).__name__ if isinstance(decision, Undecided) else decision.result for decision in found]


def test_decide_batch_of_nothing(host: PolicyHost) -> None:
    """No inputs, no answers."""
    assert [] == host.decide_batch("p/x", [])


def test_decide_batch_of_an_unknown_entrypoint(host: PolicyHost) -> None:
    """Each input gets the error."""
    assert [UnknownEntrypoint] * 2 == [type(found) for found in host.decide_batch("q/x", [{}, {"x": 1}])]


def test_decide_batch_keeps_line_breaks(host: PolicyHost) -> None:
    """A line break within a text does not end it."""
    texts = ["a\nb", "a\r\nb", "a\u2028b", "\x85"]
    found = host.decide_batch("p/x", [{"x": text} for text in texts])
    assert texts == [decision.result for decision in found if isinstance(decision, Decision)]


def test_describe_tells_what_is_there(opened: Opener) -> None:
    """A description has revision, roots, modules, rules and tests."""
    host = opened(bundle(**{"policy_test.rego": "package p_test\ntest_it if true"}))
    described = host.describe()
    assert ("r1", ("",), ("policy.rego",), ("policy_test.rego",)) == (
        described.revision,
        described.roots,
        described.modules,
        described.tests,
    )
    assert ("p/allow", "p/f", "p/fails", "p/ok", "p/x") == described.rules


def test_stats_count(opened: Opener) -> None:
    """The figures are those of what happened."""
    host = opened(shards=2)
    for _ in range(3):
        host.decide("p/ok", {})
    host.activate(bundle(revision="r2"))
    host.decide("p/ok", {})
    host.rollback()
    figures = host.stats()
    assert ("r1", "r2", 1, 2, 1, 0, 0, 2) == (
        figures.revision,
        figures.previous,
        figures.generation,
        figures.activations,
        figures.rollbacks,
        figures.traps,
        figures.deadlines,
        figures.shards,
    )
    assert (2, 1, 1) == (figures.cache.hits, figures.cache.misses, figures.cache.entries)
    assert figures.memory >= 2 << 20


def test_close_ends_the_host(host: PolicyHost) -> None:
    """After `close` every call says so, and closing again does nothing."""
    host.close()
    host.close()
    for call in (
        lambda: host.decide("p/ok", {}),
        lambda: host.decide_json("p/ok", "{}"),
        lambda: host.decide_batch("p/ok", [{}]),
        lambda: host.activate(bundle()),
        host.rollback,
        host.describe,
        host.stats,
    ):
        with pytest.raises(Closed):
            call()


def test_with_closes_the_host() -> None:
    """A `with` block ends the host."""
    with PolicyHost.open(bundle()) as host:
        assert {"result": 1} == json.loads(host.decide_json("p/ok", "{}"))
    with pytest.raises(Undecided):
        host.decide("p/ok", {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("entrypoints", "p/x"),
        ("entrypoints", [1]),
        ("shards", 0),
        ("shards", True),
        ("shards", 1.5),
        ("deadline", 0),
        ("deadline", -1),
        ("deadline", float("nan")),
        ("deadline", float("inf")),
        ("deadline", "1"),
        ("activation_deadline", 0),
        ("memory", 0),
        ("memory", 1),
        ("bundle", 0),
        ("unpacked", -1),
        ("input", 1 << 32),
        ("depth", 0),
        ("cache_entries", -1),
        ("cache_bytes", 1 << 64),
        ("cache_ttl", -0.1),
    ],
)
def test_settings_refuse_what_is_out_of_range(name: str, value: Any) -> None:
    """A setting out of range is named."""
    with pytest.raises(BadSetting) as caught:
        PolicyHost.open(bundle(), **{name: value})
    assert name == caught.value.name


def test_settings_have_the_defaults_of_the_rust_crate() -> None:
    """Names and defaults are those of the Rust crate, but for the number of shards."""
    settings = Settings()
    assert ((), 1, 0.05, 30.0, 256 << 20, 32 << 20, 64 << 20, 1 << 20, 128) == (
        settings.entrypoints,
        settings.shards,
        settings.deadline,
        settings.activation_deadline,
        settings.memory,
        settings.bundle,
        settings.unpacked,
        settings.input,
        settings.depth,
    )
    assert (10_000, 64 << 20, 60.0, False, True) == (
        settings.cache_entries,
        settings.cache_bytes,
        settings.cache_ttl,
        settings.unverified,
        settings.strict_builtin_errors,
    )
