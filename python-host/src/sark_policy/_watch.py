"""Watching a bundle on disk: what changes there goes live by itself.

A bundle is activated once it has been the same for `QUIET`, read twice. So a file that is still being
written is left alone; one that stays damaged is refused like any other bundle, and the current generation
goes on.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from sark_policy._bundle import Bundle
from sark_policy._exceptions import BundleUnreadable, Closed, SarkPolicyError, WatchFailed

if TYPE_CHECKING:
    from sark_policy._generation import Description

QUIET = 0.2
"""How long a bundle must stay as it is before it counts as complete, in seconds."""


@dataclass(frozen=True, slots=True)
class Activated:
    """This revision went live."""

    revision: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What is on disk was refused; the current generation goes on."""

    error: SarkPolicyError


Event = Activated | Refused


class Activates(Protocol):
    """What goes over to the bundles that are found: a `PolicyHost`, or something around one."""

    def activate(self, bundle: Bundle, /) -> "Description":
        """Go over to a bundle.

        Raises:
            Closed: The watch ends.
            SarkPolicyError: The bundle was refused.
        """


class Watch:
    """A watch under way. It ends with `close`, with its `with` block, or when the host is closed.

    It does not go on in a forked child: watch in each worker.
    """

    def __init__(self, host: Activates, path: "str | os.PathLike[str]", told: Callable[[Event], object] | None) -> None:
        """Use `PolicyHost.watch`."""
        self._host = host
        self._path = os.path.abspath(path)
        self._told = told
        try:
            import watchfiles
        except ImportError as error:
            raise WatchFailed(self._path, "install `sark-policy[watch]`") from error
        # A file is watched through its folder: publishing by renaming replaces the file itself.
        self._folder = self._path if os.path.isdir(self._path) else os.path.dirname(self._path)
        if not os.path.isdir(self._folder):
            raise WatchFailed(self._path, "there is no such folder; make it first")
        self._watch = watchfiles.watch
        self._stop = threading.Event()
        self._changes: SimpleQueue[bool] = SimpleQueue()  # True: something changed; False: the end
        # What was read last; an event without a change of contents is none.
        self._live = self._read()
        self._threads = [
            threading.Thread(target=target, name="sark-policy-watch", daemon=True)
            for target in (self._notice, self._work)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the watch, after the activation under way if there is one. Closing twice does nothing."""
        self._stop.set()
        self._changes.put(False)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _notice(self) -> None:
        """Note every change, until the end."""
        first = True
        try:
            for changes in self._watch(
                self._folder,
                watch_filter=None,
                debounce=100,
                step=50,
                stop_event=self._stop,
                rust_timeout=500,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=self._folder == self._path,
            ):
                # The first time around the system's watch has just begun: what changed before counts too.
                if changes or first:
                    self._changes.put(True)
                first = False
        except Exception as error:
            self._tell(Refused(WatchFailed(self._path, str(error))))

    def _work(self) -> None:
        while self._changes.get():
            settled = self._settle()
            if settled is None:
                return
            try:
                if isinstance(settled, SarkPolicyError):
                    raise settled
                if settled == self._live:
                    continue
                self._live = settled
                event: Event = Activated(self._host.activate(settled).revision)
            except Closed:
                self._stop.set()
                return
            except SarkPolicyError as error:
                event = Refused(error)
            self._tell(event)

    def _settle(self) -> Bundle | BundleUnreadable | None:
        """Wait until nothing has changed for a while, and read the bundle; None at the end."""
        while True:
            before = self._read()
            try:
                if not self._changes.get(timeout=QUIET):
                    return None
            except Empty:
                after = self._read()
                if isinstance(after, BundleUnreadable) or before == after:
                    return after

    def _read(self) -> Bundle | BundleUnreadable:
        try:
            return Bundle.read(self._path)
        except BundleUnreadable as error:
            return error

    def _tell(self, event: Event) -> None:
        if self._told is None:
            return
        try:
            self._told(event)
        except Exception:
            import logging

            logging.getLogger("sark_policy").exception("the one who is told of `%s` raised", self._path)
