"""One engine a process: opened once and when needed, policies by name, generations, the bundle on disk, forks."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from conftest import archive
from sark_policy import (
    Activated,
    BundleRefused,
    BundleUnreadable,
    Closed,
    NothingToRollBack,
    Refused,
    WatchFailed,
)
from sark_policy.sark.engine import engine as engine_module
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.exceptions import OPACompilationError, OverlayRefused
from sark_policy.sark.settings import SarkSettings

BASE = {
    ".manifest": '{"revision": "b1", "roots": ["base", "level"], "metadata": {"by": "us"}}',
    "base.rego": "package base\n\nallow if input.n > data.level\n\nf(x) := x + 1",
    "data.json": '{"level": 5}',
}
V0 = 'package old\n\nallow { input.role == "admin" }\n\ndeny["no"] { not allow }'
V1 = 'package new\n\nimport data.base\n\nallow if input.role == "admin"\n\nx := base.f(1)'


def settings(bundle: Path | str = "nowhere", **others: Any) -> SarkSettings:
    """Return settings with a deadline that a busy machine does not miss."""
    return SarkSettings(**{"bundle": Path(bundle), "deadline": 10.0, **others})


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a bundle's folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A bundle with roots, a revision, data and a function."""
    return write(tmp_path / "base", BASE)


@pytest.fixture
def made() -> Iterator[Callable[..., Engine]]:
    """Engines that are closed afterwards."""
    engines: list[Engine] = []

    def made(source: Any = None, **others: Any) -> Engine:
        engines.append(Engine(source, settings(**others)))
        return engines[-1]

    yield made
    for engine in engines:
        engine.close()


@pytest.fixture
def shared() -> Iterator[None]:
    """No shared engine, before and after."""
    Engine.shutdown()
    yield
    Engine.shutdown()


def decide(engine: Engine, path: str, document: Any = None) -> Any:
    """Ask the host."""
    return engine.host.decide(path, document or {}).result


# --- One engine a process


def test_flaw_5_4_one_engine_a_process(base: Path, shared: None) -> None:
    """Whoever asks for the engine of a bundle, however it is spelt, gets the same one; another bundle has its own."""
    first = Engine.shared(settings(base))
    assert first is Engine.shared(settings(base / ".." / "base"))
    assert first is not Engine.shared(settings(base.parent))


def test_flaw_5_4_making_an_engine_opens_nothing(shared: None) -> None:
    """An engine costs nothing until somebody asks: not even its bundle has to be there."""
    engine = Engine.shared(settings())
    assert (False, None, [], []) == (engine.opened, engine.revision, engine.loaded, engine.generations())


def test_flaw_5_4_opened_once_by_many_threads(base: Path, shared: None) -> None:
    """Of many threads that ask at once for an engine and its host, all get the same ones, opened once."""
    start = threading.Barrier(16)

    def work(_: int) -> tuple[int, int]:
        start.wait()
        engine = Engine.shared(settings(base))
        return id(engine), id(engine.host)

    with ThreadPoolExecutor(16) as pool:
        assert 1 == len(set(pool.map(work, range(16))))
    assert [1] == [each.number for each in Engine.shared(settings(base)).generations()]


def test_flaw_5_4_opened_once_by_many_coroutines(base: Path, made: Callable[..., Engine]) -> None:
    """Of many coroutines, on several event loops, all wait for the one opening."""
    engine = made(base)

    async def all_at_once() -> set[int]:
        return {id(host) for host in await asyncio.gather(*[engine.ready() for _ in range(50)])}

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: asyncio.run(all_at_once()), range(3)))
    assert [{id(engine.host)}] * 3 == found
    assert 1 == len(engine.generations())


def test_a_failed_opening_stands_for_a_while(
    tmp_path: Path, made: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question meanwhile is told the same at once; then the next one tries again."""
    engine = made(tmp_path / "later")
    monkeypatch.setattr(engine_module, "RETRY", 3600.0)
    with pytest.raises(BundleUnreadable, match="later"):
        engine.kind("base/allow")
    write(tmp_path / "later", BASE)
    with pytest.raises(BundleUnreadable, match="later"):
        asyncio.run(engine.ready())
    assert (False, None) == (engine.opened, engine.revision)
    monkeypatch.setattr(engine_module, "RETRY", 0.0)
    assert "rule" == engine.kind("base/allow")
    assert (True, "b1") == (engine.opened, engine.revision)


def test_a_bundle_that_is_refused(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """What is wrong with the bundle is what every question is told."""
    engine = made(write(tmp_path, {"a.rego": "package a\n\nallow if {"}))
    for _ in range(2):
        with pytest.raises(BundleRefused, match=r"a\.rego"):
            engine.host  # noqa: B018


def test_closing(base: Path, shared: None, made: Callable[..., Engine]) -> None:
    """Closing twice does nothing more, a shared engine outlives it, and after `shutdown` there is another one."""
    own, common = made(base), Engine.shared(settings(base))
    assert ("b1", "b1") == (own.host.describe().revision, common.host.describe().revision)
    for _ in range(2):
        own.close()
        common.close()
    with pytest.raises(Closed):
        own.host  # noqa: B018
    assert (False, None, []) == (own.opened, own.revision, own.generations())
    assert "rule" == common.kind("base/allow")
    Engine.shutdown()
    with pytest.raises(Closed):
        common.kind("base/allow")
    assert "rule" == Engine.shared(settings(base)).kind("base/allow")


# --- What there is to ask


POLICIES = {
    "gateway.rego": """package mcp.gateway
default allow := false
reason := "r"
filtered_parameters := {}
visible contains "x"
result := {"allow": allow}""",
    "a2a.rego": "package mcp.gateway.a2a\n\nallow := true\n\nrestrictions := {}",
    "lib.rego": "package lib\n\nreason := 1",
}


def test_kinds_and_members(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """An entry point, however it is written, is a rule, a package or absent; a package has some of the members."""
    engine = made(write(tmp_path, POLICIES))
    kinds = {
        "mcp/gateway/allow": "rule",
        "/v1/data/mcp/gateway/result": "rule",
        "data.mcp.gateway": "package",
        "mcp": "package",
        "mcp/gateway/result/allow": "absent",
        "mcp/gate": "absent",
        "": "absent",
    }
    assert kinds == {path: engine.kind(path) for path in kinds}
    assert ("allow", "reason", "filtered_parameters") == engine.members("mcp/gateway")
    assert ("allow", "restrictions") == engine.members("/v1/data/mcp/gateway/a2a")
    assert (("reason",), ()) == (engine.members("lib"), engine.members("nowhere"))


def test_flaw_5_6_an_alias_counts_only_where_its_target_is(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """What callers name and the bundle has elsewhere is found there; what it has is not moved."""
    aliases = {
        "mcp/a2a/allow": "mcp/gateway/a2a/allow",
        "mcp/gateway/allow": "lib/reason",
        "mcp/gateway/result/allow": "lib/reason",
        "sark/allow": "nowhere/allow",
    }
    engine = made(write(tmp_path, POLICIES), aliases=aliases)
    expected = ["mcp/gateway/a2a/allow", "mcp/gateway/allow", "mcp/gateway/result/allow", "sark/allow", "other"]
    assert expected == [engine.resolve(f"/v1/data/{path}") for path in [*aliases, "other"]]


# --- Policies by name


def test_flaw_1_7_v0_and_v1_are_loaded_by_name(base: Path, made: Callable[..., Engine]) -> None:
    """Policies of either version of Rego stand beside each other and the bundle, and use its functions and data."""
    engine = made(base)
    engine.load("old", V0)
    engine.load("new", V1)
    assert ["old", "new"] == engine.loaded
    asked = [("old/allow", "admin"), ("new/allow", "admin"), ("new/x", ""), ("old/deny", "user")]
    assert [True, True, 2, ["no"]] == [decide(engine, path, {"role": role}) for path, role in asked]
    assert [True, None] == [decide(engine, "base/allow", {"n": n}) for n in (6, 5)]


def test_flaw_1_7_a_name_replaces(made: Callable[..., Engine]) -> None:
    """Loading a name again replaces its policy; loading the same again makes no generation."""
    engine = made()
    engine.load("p", "package p\n\nx := 1\n\nonly_here := true")
    engine.load("p", "package p\n\nx := 2")
    before = engine.generations()
    engine.load("p", "package p\n\nx := 2")
    assert (2, "absent", ["p"]) == (decide(engine, "p/x"), engine.kind("p/only_here"), engine.loaded)
    assert before == engine.generations()


@pytest.mark.parametrize(("name", "rego"), [("", V1), (" ", V1), ("p", ""), ("p", " \n"), ("p", "package p\n# \ud800")])
def test_flaw_1_7_nothing_cannot_be_loaded(made: Callable[..., Engine], name: str, rego: str) -> None:
    """No name, no policy, and what is no text are a `ValueError`."""
    with pytest.raises(ValueError, match=r"policy|surrogates"):
        made().load(name, rego)


@pytest.mark.parametrize(
    ("rego", "code", "row"),
    [
        ("package bad\n\nallow if nope(1)", "rego_type_error", 3),
        ("package bad\n\nallow { nope(1) }", "rego_type_error", 3),
        ("no Rego at all", "rego_parse_error", 1),
        ("package bad\n\nallow := true if { input.x }\n\nold { true }", "rego_parse_error", 5),
        ("package bad\n\nallow if { input.x }\n\nold { true }", "rego_parse_error", 5),
    ],
)
def test_flaw_1_7_all_or_nothing(base: Path, made: Callable[..., Engine], rego: str, code: str, row: int) -> None:
    """What does not compile says where, by its name and as its own version reads it, and changes nothing."""
    engine = made(base)
    engine.load("old", V0)
    before = engine.generations()
    with pytest.raises(OPACompilationError, match=r"the policy `bad` does not compile: \s*bad:") as refused:
        engine.load("bad", rego)
    assert {("bad", code, row)} == {(each.file, each.code, each.row) for each in refused.value.problems}
    assert (["old"], before) == (engine.loaded, engine.generations())
    assert True is decide(engine, "old/allow", {"role": "admin"})


@pytest.mark.parametrize(
    "name", ["..", "a/../b", "/x", "x_test", "wetter münchen", "*[{!\\", "n" * 300, "a.rego", "C:"]
)
def test_any_name_will_do(base: Path, made: Callable[..., Engine], name: str) -> None:
    """A name is only a name: it leads nowhere, makes no test of a policy, and matches no other file."""
    engine = made(base)
    engine.load(name, V0)
    engine.load("other", V1)
    assert ([name, "other"], True) == (engine.loaded, decide(engine, "old/allow", {"role": "admin"}))


def test_the_manifest_is_kept(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """The versions of the bundle's own files stay, whatever patterns give them; its revision names the policies too."""
    manifest = (
        '{"revision": "b1", "rego_version": 0, "file_rego_versions": {"*": 0, "/b.rego": 1}, "roots": ["a", "b"]}'
    )
    files = {".manifest": manifest, "a.rego": "package a\n\nx { true }", "a/b.rego": "package b\n\nx { true }"}
    engine = made(write(tmp_path, files))
    engine.load("old", V0)
    with_old = engine.revision
    engine.load("new", "package new\n\nallow if true")
    with_both = engine.revision
    paths = ["a/x", "b/x", "new/allow"]
    assert [True] * 3 == [decide(engine, path) for path in paths]
    engine.unload("new")
    assert with_old == engine.revision
    assert ["b1+", "b1+"] == [str(revision)[:3] for revision in (with_old, with_both)]
    assert 3 == len({"b1", with_old, with_both})


def test_a_file_of_the_bundle_is_replaced_by_its_name(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """A policy takes the place of the bundle's file of that name, and gives it back."""
    files = {"deep/er/gateway.rego": "package g\n\nx := 1\n\ny := 1", "gateway_test.rego": "package g_test"}
    engine = made(write(tmp_path, files))
    engine.load("gateway", "package g\n\nx := 2")
    assert (2, "absent") == (decide(engine, "g/x"), engine.kind("g/y"))
    assert True is engine.unload("gateway")
    assert (1, "rule") == (decide(engine, "g/x"), engine.kind("g/y"))


def test_a_name_that_could_mean_several_files(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """Which file is meant has to be said, unless one is where the name says."""
    files = {f"{folder}/p.rego": f"package {folder}\n\nx := 1" for folder in ("a", "b")}
    engine = made(write(tmp_path, files))
    with pytest.raises(ValueError, match="`a/p`, `b/p`"):
        engine.load("p", "package a\n\nx := 2")
    engine.load("b/p", "package b\n\nx := 2")
    assert (1, 2) == (decide(engine, "a/x"), decide(engine, "b/x"))


def test_unloading(base: Path, made: Callable[..., Engine]) -> None:
    """A policy can be taken away, but not one that another needs; `clear` leaves the bundle."""
    engine = made(base)
    engine.load("lib", "package lib\n\ng(x) := x")
    engine.load("user", "package user\n\nx := data.lib.g(1)")
    with pytest.raises(OPACompilationError, match=r"without the policy `lib` .* user:3"):
        engine.unload("lib")
    assert (["lib", "user"], 1) == (engine.loaded, decide(engine, "user/x"))
    assert (True, False, ["lib"]) == (engine.unload("user"), engine.unload("user"), engine.loaded)
    engine.clear()
    engine.clear()
    assert ([], "b1", "absent") == (engine.loaded, engine.revision, engine.kind("lib"))
    assert ["clear", "unload", "load", "load", "start"] == [each.by for each in engine.generations()]


def test_an_archive_takes_no_policies(base: Path, made: Callable[..., Engine]) -> None:
    """Only the sandbox looks into an archive, so nothing is laid over one, and the message says what to do."""
    packed = archive(*[(name, text.encode()) for name, text in BASE.items()])
    (base.parent / "bundle.tar.gz").write_bytes(packed)
    for source in (base.parent / "bundle.tar.gz", packed):
        engine = made(source)
        with pytest.raises(OverlayRefused, match=r"cannot be loaded by name over .*; serve the bundle from a folder"):
            engine.load("p", V1)
        assert ("b1", []) == (engine.revision, engine.loaded)
    engine = made(base)
    engine.load("new", V1)
    with pytest.raises(OverlayRefused, match="archive of"):
        engine.activate(packed, "kim")
    assert ["new"] == engine.loaded
    engine.clear()
    assert ("b1", "kim") == (engine.activate(packed, "kim").revision[:2], engine.generations()[0].by)


# --- Generations


def test_generations_and_rollback(base: Path, tmp_path: Path, made: Callable[..., Engine]) -> None:
    """Each activation is remembered with who made it; a rollback returns to the one before, and back again."""
    engine = made(base)
    with pytest.raises(NothingToRollBack):
        engine.rollback("kim")
    other = write(tmp_path / "other", {**BASE, ".manifest": '{"revision": "b2"}'})
    activated = engine.activate(other, "kim")
    assert (2, "b2", str(other), "kim", "current") == (
        activated.number, activated.revision, activated.source, activated.by, activated.state
    )  # fmt: skip
    engine.activate(base, "lee")
    assert [(3, "current"), (2, "previous"), (1, "gone")] == states(engine)
    assert ("b2", "b1") == (engine.rollback("kim"), engine.generations()[0].revision)
    assert ([(3, "previous"), (2, "current"), (1, "gone")], "b2") == (states(engine), engine.revision)
    assert ("b1", "b1") == (engine.rollback("kim"), engine.revision)


def states(engine: Engine) -> list[tuple[int, str]]:
    """Return what each generation is now."""
    return [(each.number, each.state) for each in engine.generations()]


def test_a_rollback_takes_policies_by_name_along(base: Path, made: Callable[..., Engine]) -> None:
    """What was loaded belongs to a generation: a rollback returns to what was loaded then."""
    engine = made(base)
    engine.load("old", V0)
    engine.load("new", V1)
    engine.rollback("kim")
    assert (["old"], "absent") == (engine.loaded, engine.kind("new/allow"))
    engine.load("third", "package third\n\nx := 1")
    assert ["old", "third"] == engine.loaded


def test_loading_after_a_rollback_does_not_undo_it(base: Path, tmp_path: Path, made: Callable[..., Engine]) -> None:
    """A policy is laid over what is in force, not over what the disk says since."""
    engine = made(base)
    assert None is decide(engine, "base/allow", {"n": 1})
    write(base, {"base.rego": "package base\n\nallow := true"})
    engine.activate(base, "kim")
    engine.rollback("kim")
    engine.load("old", V0)
    assert (None, True) == (decide(engine, "base/allow", {"n": 1}), decide(engine, "old/allow", {"role": "admin"}))


def test_flaw_1_6_no_two_bundles_share_a_revision(base: Path, made: Callable[..., Engine]) -> None:
    """A policy that was changed under its old revision has a name of its own, so no old decision passes for it."""
    engine = made(base)
    assert ("rule", "b1") == (engine.kind("base/allow"), engine.revision)
    write(base, {"data.json": '{"level": 7}'})
    changed = engine.activate(base, "kim").revision
    assert (changed, True, False) == (engine.revision, changed.startswith("b1+"), changed == "b1")
    assert ("b1", "b1") == (engine.rollback("kim"), engine.revision)
    assert changed == engine.rollback("kim")
    write(base, BASE)
    assert "b1" == engine.activate(base, "kim").revision


def test_what_is_activated_has_to_be_sound_alone(base: Path, tmp_path: Path, made: Callable[..., Engine]) -> None:
    """Policies by name may be of any package, and no bundle comes in by that door: its own roots hold for it."""
    engine = made(base)
    engine.load("old", V0)
    stray = write(tmp_path / "stray", {**BASE, "stray.rego": "package elsewhere\n\nx := 1"})
    with pytest.raises(BundleRefused, match="roots"):
        engine.activate(stray, "kim")
    assert (["old"], "absent") == (engine.loaded, engine.kind("elsewhere"))
    sound = write(tmp_path / "sound", {**BASE, "more.rego": "package base.more\n\nx := 1"})
    engine.activate(sound, "kim")
    assert (["old"], "rule") == (engine.loaded, engine.kind("base/more/x"))
    assert f"{sound}, with old" == engine.generations()[0].source


def test_history_is_bounded(made: Callable[..., Engine]) -> None:
    """The last 50 generations are remembered."""
    engine = made()
    for number in range(60):
        engine.load("p", f"package p\n\nx := {number}")
    found = [each.number for each in engine.generations()]
    assert ([*range(61, 11, -1)], 59) == (found, decide(engine, "p/x"))


def test_a_host_that_others_activate_on(base: Path, made: Callable[..., Engine]) -> None:
    """A bundle that was activated on the host itself counts too, but nothing is laid over it."""
    engine = made(base)
    engine.host.activate(base)
    assert (False, "unknown") == (engine.revision == "b1", engine.generations()[0].by)
    with pytest.raises(OverlayRefused, match="was not told of"):
        engine.load("old", V0)


@pytest.mark.slow
def test_switches_from_all_sides(base: Path, tmp_path: Path, made: Callable[..., Engine]) -> None:
    """Under activations, policies by name and rollbacks from several threads the books stay right."""
    engine = made(base)
    assert "rule" == engine.kind("base/allow")
    other = write(tmp_path / "other", {**BASE, ".manifest": '{"revision": "b2"}'})
    stop = threading.Event()
    faults: list[str] = []

    def turn(work: Callable[[], object]) -> None:
        while not stop.is_set():
            try:
                work()
            except NothingToRollBack:
                pass
            except Exception as error:
                faults.append(repr(error))
                return

    def look() -> None:
        generations = engine.generations()
        if (
            1 != sum(each.state == "current" for each in generations)
            or sum(each.state == "previous" for each in generations) > 1
            or any(each.by == "unknown" for each in generations)
        ):
            faults.append(repr(generations[:3]))
        policy = engine.policy()
        if policy.description.revision[:2] != policy.revision[:2]:
            faults.append(policy.revision)

    numbers = iter(range(10**9))
    works: list[Callable[[], object]] = [
        lambda: engine.activate(other, "kim"),
        lambda: engine.load("p", f"package p\n\nx := {next(numbers)}"),
        lambda: engine.rollback("lee"),
        look,
        lambda: decide(engine, "base/allow", {"n": 6}),
    ]
    threads = [threading.Thread(target=turn, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        while not faults and engine.generations()[0].number < 100:
            stop.wait(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    current, previous = engine.host.descriptions()
    assert ([], True) == (faults, previous is not None)
    named = {each.state: each.revision[:2] for each in engine.generations() if each.state != "gone"}
    assert {"current": current.revision[:2], "previous": previous.revision[:2] if previous else ""} == named


# --- The bundle on disk


def test_flaw_5_8_a_change_on_disk_goes_live(base: Path, made: Callable[..., Engine]) -> None:
    """What changes in the folder goes live, with the policies by name laid over it; what is refused is told."""
    engine = made(base)
    events: Queue[Any] = Queue()
    engine.watch(events.put)
    engine.watch(events.put)
    engine.load("old", V0)
    write(base, {"base.rego": "package base\n\nallow := true"})
    event = events.get(timeout=60)
    assert (True, engine.revision) == (isinstance(event, Activated), event.revision)
    assert (True, True) == (decide(engine, "base/allow"), decide(engine, "old/allow", {"role": "admin"}))
    write(base, {"base.rego": "package base\n\nallow if {"})
    assert isinstance(events.get(timeout=60), Refused)
    assert (["watch", "load", "start"], ["old"]) == ([each.by for each in engine.generations()], engine.loaded)


def test_a_change_before_the_watch_is_not_lost(base: Path, made: Callable[..., Engine]) -> None:
    """What changed between the opening and the watch goes live with it."""
    engine = made(base)
    assert "b1" == engine.host.describe().revision
    write(base, {".manifest": '{"revision": "b2"}'})
    events: Queue[Any] = Queue()
    engine.watch(events.put)
    assert (Activated("b2"), "b2", True) == (events.get(timeout=60), engine.revision, events.empty())


def test_who_listens_cannot_break_the_watch(base: Path, made: Callable[..., Engine]) -> None:
    """A listener that raises is logged, and the watch goes on."""
    engine = made(base)
    heard: Queue[Any] = Queue()

    def listen(event: Any) -> None:
        heard.put(event)
        raise RuntimeError("not now")

    write(base, {".manifest": '{"revision": "b2"}'})
    engine.watch(listen)
    for revision in ("b3", "b4"):
        write(base, {".manifest": f'{{"revision": "{revision}"}}'})
        assert revision == heard.get(timeout=60).revision


def test_without_a_path_there_is_nothing_to_watch(made: Callable[..., Engine]) -> None:
    """An engine of an archive's bytes, or of no bundle, follows nothing, and says so."""
    for source in (None, archive(("a.rego", b"package a"))):
        with pytest.raises(WatchFailed, match="not given by a path"):
            made(source).watch()


def test_an_archive_is_watched(tmp_path: Path, made: Callable[..., Engine]) -> None:
    """An archive that is replaced goes live."""
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(archive((".manifest", b'{"revision": "a1"}')))
    engine = made(file)
    events: Queue[Any] = Queue()
    engine.watch(events.put)
    following = tmp_path / "following"
    following.write_bytes(archive((".manifest", b'{"revision": "a2"}')))
    following.rename(file)
    assert (Activated("a2"), "a2") == (events.get(timeout=60), engine.revision)


# --- Forks

FORKS = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")
import logging, structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
from pathlib import Path
from forked import child
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.settings import SarkSettings
base = Path(sys.argv[1])
settings = SarkSettings(bundle=base, deadline=10.0)
"""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@forks
def test_a_forked_child_goes_on(run: Callable[..., str], base: Path) -> None:
    """Parent and children go on with the engine that was open: deciding, loading, activating and going back."""
    script = (
        FORKS
        + """
engine = Engine.shared(settings)
engine.load("a", "package a\\nx := 1")
def work():
    same = Engine.shared(settings) is engine
    engine.load("b", "package b\\nx := data.a.x + 1")
    found = engine.host.decide("b/x", {}).result, engine.loaded, engine.rollback("child"), engine.loaded
    engine.activate(base, "child")
    return same, found[0], found[1], found[3], [each.number for each in engine.generations()]
print(child(work))
print(child(work))
print(engine.loaded, [each.number for each in engine.generations()])
"""
    )
    expected = "(True, 2, ['a', 'b'], ['a'], [4, 3, 2, 1])"
    assert [expected, expected, "['a'] [2, 1]"] == run(script, str(base)).splitlines()


@forks
def test_a_child_opens_what_was_not_open(run: Callable[..., str], base: Path) -> None:
    """An engine that was made and not opened before a fork is opened by each process alone."""
    script = FORKS + "engine = Engine.shared(settings)\nprint(child(lambda: engine.kind('base/allow')), engine.opened)"
    assert "'rule' False" == run(script, str(base))


@forks
def test_a_fork_while_others_change_everything(run: Callable[..., str], base: Path) -> None:
    """Children forked while other threads load, activate, roll back and open can do all of that."""
    script = (
        FORKS
        + """
engine = Engine.shared(settings)
stop = threading.Event()
def turn(work):
    n = 0
    while not stop.is_set():
        n += 1
        work(n)
def opening(n):
    other = Engine(base, settings)
    other.host
    other.close()
engine.load("a", "package a\\nx := 1")
engine.activate(base, "parent")
works = [
    lambda n: engine.load("b", f"package b\\nx := {n}"),
    lambda n: engine.activate(base, "parent"),
    lambda n: engine.rollback("parent"),
    opening,
]
threads = [threading.Thread(target=turn, args=(work,)) for work in works]
for thread in threads:
    thread.start()
def work():
    engine.load("c", "package c\\nx := data.a.x + 1")
    engine.activate(base, "child")
    engine.rollback("child")
    return engine.host.decide("c/x", {}).result, engine.generations()[0].by, "a" in engine.loaded
found = [child(work) for _ in range(15)]
stop.set()
for thread in threads:
    thread.join()
print(set(found))
"""
    )
    assert repr({repr((2, "child", True))}) == run(script, str(base))


@forks
def test_the_watch_goes_on_in_a_child(run: Callable[..., str], base: Path) -> None:
    """A child follows the bundle by a watch of its own, and takes over what changed while there was none."""
    script = (
        FORKS
        + """
engine = Engine.shared(settings)
engine.watch()
reader, writer = os.pipe()
def work():
    os.read(reader, 1)
    engine.kind("base/allow")
    first = engine.revision
    (base / ".manifest").write_text('{"revision": "b3"}')
    until = time.monotonic() + 60
    while engine.revision != "b3" and time.monotonic() < until:
        time.sleep(0.05)
    return first, engine.revision, [each.by for each in engine.generations()][:2]
pid = os.fork()
if not pid:
    try:
        print(work(), flush=True)
    finally:
        os._exit(0)
(base / ".manifest").write_text('{"revision": "b2"}')
os.write(writer, b"x")
os.waitpid(pid, 0)
"""
    )
    assert "('b2', 'b3', ['watch', 'watch'])" == run(script, str(base))
