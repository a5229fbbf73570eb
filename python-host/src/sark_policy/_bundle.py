"""A bundle as somebody sent it: bytes, not yet looked at. The sandbox unpacks and checks them."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Union

from sark_policy._exceptions import BundleUnreadable

KNOWN = frozenset({"data.json", "data.yaml", "data.yml", ".manifest", ".signatures.json"})
BLOCK = 512

Source = Union[str, "os.PathLike[str]", bytes, "Bundle"]
"""Whatever a host takes for a bundle: the path of a folder or an archive, an archive's bytes, a bundle."""


class Bundle:
    """An OPA bundle: a tar archive, gzipped or not."""

    __slots__ = ("archive",)

    archive: bytes
    """The archive's bytes."""

    def __init__(self, archive: bytes) -> None:
        self.archive = archive

    @classmethod
    def of_archive(cls, archive: bytes) -> "Bundle":
        """Make a bundle of an archive's bytes."""
        return cls(bytes(archive))

    @classmethod
    def of_files(cls, files: Mapping[str, str | bytes]) -> "Bundle":
        """Make a bundle of files, path and contents, as in a folder.

        Raises:
            BundleUnreadable: A path does not fit into an archive: it is absolute, or leads upwards.
        """
        return cls(_pack((path, text.encode() if isinstance(text, str) else text) for path, text in files.items()))

    @classmethod
    def read(cls, path: Union[str, "os.PathLike[str]"]) -> "Bundle":
        """Read a bundle from an archive file, or from a folder.

        Of a folder these files count, in any depth: `*.rego`, `data.json`, `data.yaml`, `data.yml`,
        `.manifest` and `.signatures.json`. Other hidden files and folders are left out, and so is a
        symbolic link that leads out of the folder; one that stays inside, as in a mounted Kubernetes
        `ConfigMap`, is followed.

        Raises:
            BundleUnreadable: The file or folder cannot be read.
        """
        try:
            if os.path.isdir(path):
                return cls(_pack(_folder(Path(path))))
            with open(path, "rb") as file:
                return cls(file.read())
        except (OSError, ValueError) as error:
            raise BundleUnreadable(os.fspath(path), str(error)) from error

    @staticmethod
    def files_of(folder: Union[str, "os.PathLike[str]"]) -> dict[str, bytes]:
        """Read the files of a folder that `read` would put into a bundle, by their paths.

        `Bundle.of_files` of them is the same bundle.

        Raises:
            BundleUnreadable: The folder cannot be read.
        """
        try:
            return dict(_folder(Path(folder)))
        except (OSError, ValueError) as error:
            raise BundleUnreadable(os.fspath(folder), str(error)) from error

    @classmethod
    def of(cls, source: Source) -> "Bundle":
        """Make a bundle of whatever a host takes for one."""
        if isinstance(source, Bundle):
            return source
        if isinstance(source, (bytes, bytearray, memoryview)):
            return cls.of_archive(source)
        return cls.read(source)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bundle):
            return NotImplemented
        return self.archive == other.archive

    def __hash__(self) -> int:
        return hash(self.archive)

    def __repr__(self) -> str:
        return f"Bundle({len(self.archive)} bytes)"


def _folder(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a folder's files, sorted, so that the same folder gives the same bytes."""
    inside = os.path.realpath(root, strict=True)
    folders: list[tuple[str, tuple[str, ...]]] = [(inside, ())]
    files: list[tuple[tuple[str, ...], str]] = []
    while folders:
        folder, names = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    real = os.path.realpath(entry.path, strict=True)
                except OSError:
                    continue  # a link that leads nowhere
                if os.path.commonpath((inside, real)) != inside:
                    continue
                name = (*names, entry.name)
                if os.path.isdir(real):
                    if not entry.name.startswith(".") and not entry.is_symlink():
                        folders.append((entry.path, name))
                elif os.path.isfile(real) and _counts(entry.name):
                    files.append((name, real))
    for name, real in sorted(files, key=lambda file: [os.fsencode(part) for part in file[0]]):
        with open(real, "rb") as file:
            yield "/".join(name), file.read()


def _counts(name: str) -> bool:
    """Whether a file of a folder belongs to its bundle."""
    return name in KNOWN or (name.endswith(".rego") and not name.startswith("."))


def _pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Write a tar archive. The standard library's writer takes longer to import than a start may cost."""
    parts: list[bytes] = []
    for path, contents in files:
        name = os.fsencode(path)
        steps = name.replace(b"\\", b"/").split(b"/") if os.name == "nt" else name.split(b"/")
        if not name or name.startswith(b"/") or b".." in steps or b"\0" in name:
            raise BundleUnreadable(path, "the path does not fit into an archive; make it relative, without `..`")
        if len(name) > 100:
            # GNU's way: the name goes ahead as a file of its own.
            parts += _entry(b"././@LongLink", b"L", name + b"\0")
        parts += _entry(name[:100], b"0", contents)
    parts.append(bytes(2 * BLOCK))
    return b"".join(parts)


def _entry(name: bytes, kind: bytes, contents: bytes) -> tuple[bytes, bytes, bytes]:
    if len(contents) >= 8 << 30:
        raise BundleUnreadable(os.fsdecode(name), "the file has 8 GiB or more; leave it out")
    header = bytearray(BLOCK)
    header[: len(name)] = name
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (0o644, 0, 0, len(contents), 0)
    header[100:148] = numbers
    header[148:156] = b" " * 8  # the checksum counts itself as spaces
    header[156:157] = kind
    header[257:265] = b"ustar  \0"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header), contents, bytes(-len(contents) % BLOCK)
