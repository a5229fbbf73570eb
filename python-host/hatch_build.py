"""Build hooks: the component goes into the wheel, the repository's readme into the metadata.

In the repository the component, the readme and the licence lie outside this folder; a source distribution
carries copies of them, so that a wheel can be built from it without Rust.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

VARIABLE = "SARK_POLICY_COMPONENT"
PACKAGE = "src/sark_policy"
BUILT = "../target/guest/wasm32-wasip2/guest/sark_policy_component.wasm"


def find_component(root: Path) -> Path:
    """Return the component to ship: the one that the environment names, the package's, or the last one built."""
    named = os.environ.get(VARIABLE)
    places = [Path(named)] if named else [root / PACKAGE / "component.wasm", root / BUILT]
    for place in places:
        if place.is_file():
            return place.resolve()
    looked = " and ".join(f"`{place}`" for place in places)
    raise FileNotFoundError(f"no component at {looked}; build it with `just guest`, or name it in {VARIABLE}")


class CustomMetadataHook(MetadataHookInterface):
    """Takes the readme from the repository, or from beside this file in a source distribution."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme."""
        text = metadata["description"]
        for place in ("../README.md", "README.md"):
            readme = Path(self.root, place)
            if readme.is_file():
                text = readme.read_text("utf-8")
                break
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


class CustomBuildHook(BuildHookInterface[Any]):
    """Puts the component, its digest and the licence where they belong."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files."""
        root = Path(self.root)
        component = find_component(root)
        # One that lies here, in a source distribution, is found without a hook.
        licence = root / "../LICENSE"
        include: dict[str, str] = build_data["force_include"]
        noted = root / PACKAGE / "component.path"
        if self.target_name == "wheel" and version == "editable":
            # The component is found where it lies; a name from the environment has to be kept.
            noted.unlink(missing_ok=True)
            if os.environ.get(VARIABLE):
                noted.write_text(f"{component}\n", "utf-8")
            return
        if self.target_name == "sdist":
            include[str(component)] = f"{PACKAGE}/component.wasm"
            for path in (root / "../README.md", licence):
                if path.is_file():
                    include[str(path.resolve())] = path.name
            return
        build_data["pure_python"] = True
        build_data["tag"] = "py3-none-any"
        include[str(component)] = "sark_policy/component.wasm"
        include[str(self._note(component))] = "sark_policy/component.sha256"
        if licence.is_file():
            name = f"{self.metadata.name.replace('-', '_')}-{self.metadata.version}"
            include[str(licence.resolve())] = f"{name}.dist-info/licenses/LICENSE"

    def _note(self, component: Path) -> Path:
        """Write the component's digest and size down: reading 8 MB at every start takes time."""
        wasm = component.read_bytes()
        self._scratch = tempfile.TemporaryDirectory()
        note = Path(self._scratch.name, "component.sha256")
        note.write_text(f"{hashlib.sha256(wasm).hexdigest()} {len(wasm)}\n", "ascii")
        return note

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the note, which is in the wheel now."""
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()
