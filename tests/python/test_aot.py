"""The compiled component on disk: what is loaded, what is not, and who may compile."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sark_policy
from sark_policy import _aot, _compile, _sandbox

OPEN = """
import sys, time
from conftest import bundle
from sark_policy import *
from sark_policy import _aot
compiled = []
process, here = _aot._in_a_process, _aot._here
_aot._in_a_process = lambda *given: (compiled.append("process"), process(*given))[1]
_aot._here = lambda *given: (compiled.append("here"), here(*given))[1]
folder = sys.argv[1] or None
with PolicyHost.open(bundle(), aot_folder=folder, deadline=10.0) as host:
    print(host.decide("p/ok", {}).result, *compiled)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The compiled component."""
    folder = tmp_path_factory.mktemp("aot") / "sark-policy"
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", OPEN, str(folder)], check=True, cwd=here, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.cwasm")).read_bytes()


@pytest.fixture
def folder(tmp_path: Path, compiled: bytes) -> Path:
    """A folder with the compiled component."""
    folder = tmp_path / "sark-policy"
    folder.mkdir(mode=0o700)
    file = folder / name()
    file.write_bytes(compiled)
    file.chmod(0o600)
    return folder


def name() -> str:
    """Return the file's name."""
    probe = _sandbox._probe()
    assert not isinstance(probe, str)
    return _aot.file_name(probe.version, _aot.digest_of(probe.component))


def test_the_first_start_compiles_and_keeps(run: Callable[..., str], tmp_path: Path) -> None:
    """The first start compiles in another process; the second one loads what it left, private."""
    folder = tmp_path / "cache" / "sark-policy"
    assert ["1 process", "1"] == [run(OPEN, str(folder)) for _ in range(2)]
    assert (0o700, 0o600) == tuple(stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / name()))
    assert [] == list(folder.glob(".component-*"))


def test_what_was_compiled_is_loaded(run: Callable[..., str], folder: Path) -> None:
    """A sound file is loaded."""
    assert "1" == run(OPEN, str(folder))


@pytest.mark.parametrize("damage", ["empty", "cut short", "another file", "another version"])
def test_a_damaged_file_is_compiled_again(run: Callable[..., str], folder: Path, compiled: bytes, damage: str) -> None:
    """A file that does not load is replaced by one that does."""
    (folder / name()).write_bytes(
        {
            "empty": b"",
            "cut short": compiled[: len(compiled) // 2],
            "another file": b"\x7fELF" + bytes(4096),
            "another version": compiled.replace(b"wasmtime", b"wasmtima"),
        }[damage]
    )
    if damage == "another version" and b"wasmtime" not in compiled[:4096]:
        (folder / name()).write_bytes(bytes(64) + compiled[64:])
    assert ["1 process", "1"] == [run(OPEN, str(folder)) for _ in range(2)]


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_loaded(run: Callable[..., str], folder: Path, mode: int) -> None:
    """What somebody else could have written never runs."""
    file = folder / name()
    file.write_bytes(b"somebody else's")
    file.chmod(mode)
    assert "1 process" == run(OPEN, str(folder))
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_a_file_that_is_a_link_is_not_loaded(run: Callable[..., str], folder: Path, tmp_path: Path) -> None:
    """A link is replaced, not followed."""
    file = folder / name()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert "1 process" == run(OPEN, str(folder))
    assert not file.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_somebody_elses_is_not_loaded(folder: Path, what: str) -> None:
    """What belongs to another user is not private."""
    path = folder if what == "folder" else folder / name()
    assert _aot.is_private(path)
    os.chown(path, 12345, -1)
    assert not _aot.is_private(path)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_is_not_used(run: Callable[..., str], folder: Path, mode: int) -> None:
    """It is compiled at every start instead, and the folder left alone."""
    (folder / name()).write_bytes(b"somebody else's")
    folder.chmod(mode)
    assert "1 process" == run(OPEN, str(folder))
    assert b"somebody else's" == (folder / name()).read_bytes()


def test_a_folder_that_is_a_link_is_not_used(run: Callable[..., str], folder: Path, tmp_path: Path) -> None:
    """A link to a folder is not the user's own folder."""
    (tmp_path / "link").symlink_to(folder)
    assert "1 process" == run(OPEN, str(tmp_path / "link"))


def test_no_folder(run: Callable[..., str]) -> None:
    """Without a folder the compiled component comes through a pipe."""
    assert "1 process" == run(OPEN, "")


@pytest.mark.parametrize("executable", ["", "/nonexistent/python"])
def test_no_process(run: Callable[..., str], tmp_path: Path, executable: str) -> None:
    """Where no other Python can be started, this one compiles."""
    script = f"import sys; sys.executable = {executable!r}\n" + OPEN
    assert "1 process here" == run(script, str(tmp_path / "sark-policy"))


def test_concurrent_first_starts(tmp_path: Path) -> None:
    """Workers that start together all decide, and one of them compiles."""
    folder = str(tmp_path / "sark-policy")
    here = Path(__file__).parent
    workers = [
        subprocess.Popen([sys.executable, "-c", OPEN, folder], cwd=here, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = sorted(worker.communicate()[0].strip() for worker in workers)
    assert ["1", "1", "1", "1 process"] == answers


def test_a_digest_that_is_wrong_is_found_out(tmp_path: Path) -> None:
    """The compiler refuses a component that its noted digest does not name."""
    wasm = tmp_path / "component.wasm"
    wasm.write_bytes(b"\0asm")
    (tmp_path / "component.sha256").write_text("0" * 64 + " 4")
    assert "0" * 64 == _aot.digest_of(wasm)
    with pytest.raises(ValueError, match="install the package again"):
        _compile.compile_file(str(wasm), _aot.digest_of(wasm))


def test_a_noted_digest_of_another_size_is_not_taken(tmp_path: Path) -> None:
    """A component of another size than noted is hashed."""
    wasm = tmp_path / "component.wasm"
    wasm.write_bytes(b"\0asm")
    (tmp_path / "component.sha256").write_text("0" * 64 + " 5")
    assert "cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f" == _aot.digest_of(wasm)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/sark-policy"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/sark-policy"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/sark-policy"),
    ],
)
def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    """It is in the user's cache folder."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert Path(expected) == sark_policy.Settings().aot_folder
