"""Policies compiled once: whoever loads the same ones shares a host.

The gateway makes an engine for each request, and loads the same policy into it. Compiling it each time would cost
milliseconds and an instance's memory; a host decides alike for all, so they share it.
"""

import threading
import weakref
from collections import deque

from sark_policy import _process
from sark_policy._cache import Cache
from sark_policy._host import PolicyHost
from sark_policy._settings import Settings
from sark_policy.sark.engine.overlay import Base, Modules

RECENT = 8
"""How many sets of policies stay compiled though nobody holds them."""

Key = tuple[Settings, tuple[tuple[str, str, int], ...]]


class Compiled:
    """A host and the policies by name in it. It ends some time after the last who holds it."""

    __slots__ = ("__weakref__", "host", "modules")

    def __init__(self, host: PolicyHost, modules: Modules) -> None:
        self.host = host
        self.modules = modules


class _Shelf:
    """What is compiled in this process."""

    def __init__(self) -> None:
        self._all: weakref.WeakValueDictionary[Key, Compiled] = weakref.WeakValueDictionary()
        self._recent: deque[Compiled] = deque(maxlen=RECENT)
        self.after_fork_in_child()
        _process.join(self)

    def get(self, settings: Settings, modules: Modules) -> Compiled:
        """Return policies compiled: they and nothing else are in it.

        Raises:
            SarkPolicyError: They are refused, or there is no sandbox.
        """
        bury()
        key = settings, tuple((name, module.text, module.version) for name, module in modules.items())
        with self.lock:
            compiled = self._all.get(key)
            if compiled is None:
                host = PolicyHost.open(Base.read(None).lay(modules), settings)
                self._all[key] = compiled = Compiled(host, modules)
                end_with(compiled, host)
            if compiled in self._recent:
                self._recent.remove(compiled)
            self._recent.append(compiled)
            return compiled

    def before_fork(self, until: float) -> None:
        """Nothing: each compiled host holds still by itself."""

    def after_fork_in_parent(self) -> None:
        """Nothing."""

    def after_fork_in_child(self) -> None:
        """Make the lock anew: another thread may have held it."""
        self.lock = threading.RLock()


_ended: deque[PolicyHost | Cache] = deque()


def end_with(owner: object, thing: PolicyHost | Cache) -> None:
    """End a host or a cache when nobody holds its owner any more."""
    # Not at once: the garbage collector may say so in the middle of a call that holds the locks of `close`.
    weakref.finalize(owner, _ended.append, thing).atexit = False


def bury() -> None:
    """End what nobody holds any more."""
    while _ended:
        try:
            thing = _ended.popleft()
        except IndexError:
            return  # another thread took the last one
        thing.close()


shelf = _Shelf()
