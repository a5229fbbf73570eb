"""The bundles that an admin may activate: the one of the settings, and those in one folder. No other file is read."""

from pathlib import Path

from sark_policy.sark.settings import SarkSettings

MOST = 200
"""Most names that are listed."""


class UnknownSource(ValueError):
    """There is no bundle of that name among those that may be activated."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        allowed = "name the one of SARK_POLICY_BUNDLE, or one in SARK_POLICY_BUNDLES"
        return f"no bundle `{self.name}` may be activated: {allowed}"


class Sources:
    """Says which paths are bundles that may go live. All of it looks at the disk."""

    def __init__(self, settings: SarkSettings) -> None:
        self._bundle = settings.bundle
        self._folder = settings.bundles

    def names(self) -> list[str]:
        """Return what can be activated, by the names that `resolve` takes; the settings' own bundle first."""
        names = [str(self._bundle)]
        if self._folder is not None and self._folder.is_dir():
            found = (entry.name for entry in self._folder.iterdir() if not entry.name.startswith("."))
            names += sorted(found)[:MOST]
        return names

    def resolve(self, name: str) -> Path:
        """Return the path of a bundle: by the settings' name, by a name in the folder, or by its whole path.

        Links are followed, and must not lead out of the folder.

        Raises:
            UnknownSource: There is none, or it lies elsewhere.
        """
        try:
            if name and Path(name).resolve() == self._bundle.resolve():
                return self._bundle.resolve()
            if name and self._folder is not None:
                folder = self._folder.resolve()
                path = (folder / name).resolve()
                if path != folder and path.is_relative_to(folder) and path.exists():
                    return path
        except (OSError, RuntimeError, ValueError):  # no path, or a link that leads to itself
            raise UnknownSource(name) from None
        raise UnknownSource(name)
