"""The lock of a shard: in the order of asking, and nobody is forgotten."""

import threading
import time

from sark_policy._fair_lock import FairLock


def test_it_excludes() -> None:
    """One thread at a time holds it, and all get their turns."""
    lock, inside, most, turns = FairLock(), [0], [0], [0]

    def work() -> None:
        for _ in range(2000):
            assert lock.acquire(timeout=30)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            turns[0] += 1
            inside[0] -= 1
            lock.release()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 12_000) == (most[0], turns[0])
    assert lock.acquire(False)


def test_it_goes_to_who_waited_longest() -> None:
    """A thread that takes it again at once stands behind those who wait."""
    lock, order = FairLock(), []
    lock.acquire()

    def work(name: int) -> None:
        lock.acquire()
        order.append(name)
        lock.release()

    threads = []
    for name in range(4):
        threads.append(threading.Thread(target=work, args=(name,)))
        threads[-1].start()
        while len(lock.waiters) <= name:
            time.sleep(0.001)
    lock.release()
    lock.acquire()
    order.append(99)
    lock.release()
    for thread in threads:
        thread.join()
    assert [0, 1, 2, 3, 99] == order


def test_it_is_waited_for_no_longer_than_asked() -> None:
    """Who gives up leaves no trace."""
    lock = FairLock()
    lock.acquire()
    assert not lock.acquire(False)
    assert not lock.acquire(timeout=0.01)
    lock.release()
    assert lock.acquire(False)


def test_who_comes_while_it_is_let_go_is_woken() -> None:
    """A waiter that comes after the look for waiters and before the release is not forgotten."""
    lock = FairLock()
    real, found = lock.plain, []

    class Meddling:
        """Lets a waiter come just before the release."""

        acquire = staticmethod(real.acquire)
        waiter: threading.Thread | None = None

        def release(self) -> None:
            """Release, late."""
            if self.waiter is None:
                self.waiter = threading.Thread(target=lambda: found.append(lock.acquire(timeout=5)))
                self.waiter.start()
                while not lock.waiters:
                    time.sleep(0.001)
                time.sleep(0.05)
            real.release()

    lock.acquire()
    lock.plain = meddling = Meddling()  # type: ignore[assignment]
    lock.release()
    assert meddling.waiter is not None
    meddling.waiter.join()
    assert [True] == found
