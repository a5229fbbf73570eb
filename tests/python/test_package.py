"""The wheel, the versions, and what the component may ask for."""

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import sark_policy
from sark_policy import _sandbox

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "python-host/pyproject.toml").read_text())

# The clock and the exit are imported and never linked: a call of either is a trap.
ALLOWED = re.compile(r"wasi:random/[a-z-]+|wasi:cli/exit")


def test_versions_agree() -> None:
    """Package, module and workspace have one version."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert workspace == PYPROJECT["project"]["version"] == sark_policy.__version__


def test_wasmtime_releases_agree() -> None:
    """What is required is what is accepted at run time."""
    assert f"wasmtime>={_sandbox.OLDEST},<{_sandbox.NEWEST + 1}" in PYPROJECT["project"]["dependencies"]


def test_the_component_imports_randomness_only() -> None:
    """What the component could ask for is on the list: no files, no sockets, no HTTP."""
    sandbox = _sandbox.Sandbox.shared(sark_policy.Settings().aot_folder)
    names = [name.partition("@")[0] for name in sandbox.component.type.imports(sandbox.engine)]
    assert [] == [name for name in names if not ALLOWED.fullmatch(name)]


def test_the_names_that_are_exported_exist() -> None:
    """Everything in `__all__` is there, in order."""
    assert sorted(sark_policy.__all__) == sorted(set(sark_policy.__all__))
    assert all(hasattr(sark_policy, name) for name in sark_policy.__all__)


@pytest.fixture(scope="module", params=["checkout", "source distribution"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this folder, and from the source distribution made of it."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    only = ["--wheel"] if request.param == "checkout" else []
    command = [sys.executable, "-m", "build", *only, "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT / "python-host")], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_pure(wheel: Path) -> None:
    """One component, no native library, for every platform."""
    assert f"sark_policy-{sark_policy.__version__}-py3-none-any.whl" == wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert ["sark_policy/component.wasm"] == [name for name in names if name.endswith(".wasm")]
    assert [] == [name for name in names if name.endswith((".so", ".dylib", ".dll", ".pyd", ".cwasm", ".path"))]
    assert len(names) == len(set(names))
    assert {"sark_policy/py.typed", "sark_policy/component.sha256"} <= set(names)
    assert (ROOT / "LICENSE").exists() == any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_notes_the_digest(wheel: Path) -> None:
    """The digest beside the component is the component's."""
    with zipfile.ZipFile(wheel) as archive:
        wasm = archive.read("sark_policy/component.wasm")
        noted = archive.read("sark_policy/component.sha256").decode()
    assert f"{hashlib.sha256(wasm).hexdigest()} {len(wasm)}\n" == noted


def test_the_wheel_has_the_admin_page(wheel: Path) -> None:
    """What is no Python is there too."""
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name for name in archive.namelist() if name.startswith("sark_policy/sark/admin/static/")}
    assert {"elements.js", "page.css", "page.html", "page.js", "sections.js"} == names


def test_the_wheel_has_the_readme(wheel: Path) -> None:
    """The repository's readme is the package's description."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = archive.read(name).decode()
    readme = ROOT / "README.md"
    expected = readme.read_text("utf-8") if readme.exists() else PYPROJECT["project"]["description"]
    assert expected.strip() in metadata


def test_the_hook_names_the_cure(tmp_path: Path) -> None:
    """Without a component the build says how to get one."""
    sys.path.insert(0, str(ROOT / "python-host"))
    try:
        hatch_build = pytest.importorskip("hatch_build")
    finally:
        sys.path.pop(0)
    with pytest.raises(FileNotFoundError, match="just guest"):
        hatch_build.find_component(tmp_path)
