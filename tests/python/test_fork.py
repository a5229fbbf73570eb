"""Forking: before and after a host is opened, and while it is busy."""

import os
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

PRELUDE = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")
from conftest import bundle
from forked import child
from sark_policy import *

many = "numbers.range(1, 10000)"
slow = f"count([1 | some i in {many}; some j in {many}; sum(numbers.range(1, i + j)) < 0])"
SLOW = f"package p\\nok := 1\\nx := input.x\\nslow := {slow}"
"""


def test_a_host_opened_after_a_fork(run: Callable[..., str]) -> None:
    """A worker forked after the import opens its own."""
    script = PRELUDE + "print(child(lambda: PolicyHost.open(bundle()).decide('p/ok', {}).result))"
    assert "1" == run(script)


def test_a_host_opened_before_a_fork(run: Callable[..., str]) -> None:
    """Parent and children go on with one host: deciding, activating, and with deadlines of their own."""
    script = (
        PRELUDE
        + """
host = PolicyHost.open(bundle(SLOW), deadline=0.3)
cache = Cache.open(deadline=10.0)
cache.set("a", "1")
host.decide("p/ok", {})
def work():
    cached = host.decide("p/ok", {})
    fresh = host.decide("p/x", {"x": 1})
    try:
        host.decide("p/slow", {})
    except DeadlineElapsed as error:
        ended = type(error).__name__
    time.sleep(0.2)
    host.activate(bundle("package p\\nok := 2", "r2"))
    return cached.cached, fresh.result, ended, host.decide("p/ok", {}).result, host.rollback(), cache.get("a")
print(child(work))
print(child(work))
print(host.decide("p/ok", {}).revision, host.decide("p/x", {"x": 2}).result, cache.get("a"))
"""
    )
    expected = "(True, 1, 'DeadlineElapsed', 2, 'r1', '1')"
    assert [expected, expected, "r1 2 1"] == run(script).splitlines()


def test_decision_ids_differ_after_a_fork(run: Callable[..., str]) -> None:
    """What parent and children decide from then on has names of its own; what was cached keeps its name."""
    script = (
        PRELUDE
        + """
host = PolicyHost.open(bundle(), deadline=10.0)
old = host.decide("p/ok", {}).decision_id
work = lambda: (host.decide("p/x", {"x": 1}).decision_id, host.decide("p/ok", {}).decision_id)
found = [eval(child(work)), eval(child(work)), work()]
print(len({new for new, _ in found}), {kept for _, kept in found} == {old})
"""
    )
    assert "3 True" == run(script)


def test_a_fork_under_load(run: Callable[..., str]) -> None:
    """Children forked while other threads decide and activate get right answers."""
    script = (
        PRELUDE
        + """
host = PolicyHost.open(bundle(), deadline=10.0, shards=2)
stop = threading.Event()
def load():
    n = 0
    while not stop.is_set():
        n += 1
        host.decide("p/x", {"x": n})
def swap():
    while not stop.is_set():
        host.activate(bundle())
threads = [threading.Thread(target=target) for target in (load, load, swap)]
for thread in threads:
    thread.start()
def work():
    return [host.decide("p/x", {"x": n}).result for n in range(10)] + [host.activate(bundle()).revision]
found = [child(work) for _ in range(30)]
stop.set()
for thread in threads:
    thread.join()
print(set(found))
"""
    )
    assert repr({repr([*range(10), "r1"])}) == run(script)


def test_a_fork_while_a_call_does_not_end(run: Callable[..., str]) -> None:
    """A child whose parent was in a long call builds an instance of its own."""
    script = (
        PRELUDE
        + """
host = PolicyHost.open(bundle(SLOW), deadline=5.0)
def long():
    try:
        host.decide("p/slow", {})
    except DeadlineElapsed:
        pass
thread = threading.Thread(target=long)
thread.start()
time.sleep(0.3)
def work():
    for _ in range(2):
        try:
            return host.decide("p/ok", {}).result
        except Saturated:
            pass
print(child(work))
thread.join()
print(host.decide("p/ok", {}).result)
"""
    )
    assert ["1", "1"] == run(script).splitlines()


def test_multiprocessing(run: Callable[..., str]) -> None:
    """A pool of forked processes shares a host's bundle."""
    script = (
        PRELUDE
        + """
import multiprocessing
host = PolicyHost.open(bundle(), deadline=10.0)
def work(n):
    return host.decide("p/x", {"x": n}).result
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(pool.map(work, range(20)) == list(range(20)))
"""
    )
    assert "True" == run(script)
