"""The shadow: which questions it takes to the other side, and what it does not let them cost.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

import chaos
from real_opa import Opa
from sark_policy.sark.answer import Answer, Side
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.difference import Kind
from sark_policy.sark.paths.shadow import TASKS, Shadow
from shadowing import MINE, of_kind, shadowing

pytestmark = pytest.mark.anyio


async def test_nothing_is_asked_without_a_share(mine: Engine, theirs: Opa) -> None:
    """A share of 0 is no shadow."""
    with chaos.Chaos(theirs.port) as between:
        shadow = Shadow(0, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(100):
                await router.decide(of_kind("reason"), Side.IN_PROCESS)
            await router.decide_batch([of_kind("reason")] * 100, Side.IN_PROCESS)
            await shadow.drain()
    assert (0, 0, 0) == (between.asked, shadow.compared, shadow.dropped)


async def test_the_share_is_kept_to_and_can_be_changed(mine: Engine, theirs: Opa) -> None:
    """Half of the questions are asked of the other side too, one by one and in batches."""
    shadow = Shadow(1, 10)
    async with shadowing(mine, theirs.url, shadow) as router:
        for share, least, most in ((1, 300, 300), (0.5, 90, 210), (0, 0, 0)):
            shadow.share, before = share, shadow.compared + shadow.dropped
            for _ in range(10):
                await asyncio.gather(*[router.decide(of_kind("same"), Side.IN_PROCESS) for _ in range(20)])
                await router.decide_batch([of_kind("same")] * 10, Side.IN_PROCESS)
                await shadow.drain()
            assert least <= shadow.compared + shadow.dropped - before <= most


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(share: float) -> None:
    """Anything else is refused, at the start and later."""
    shadow = Shadow(0.5, 10)
    with pytest.raises(ValueError, match="from 0 to 1"):
        shadow.share = share
    with pytest.raises(ValueError, match="from 0 to 1"):
        Shadow(share, 10)
    assert 0.5 == shadow.share


async def test_too_many_at_a_time_are_dropped(mine: Engine, theirs: Opa) -> None:
    """A slow OPA holds up only as many comparisons as are allowed; the rest is dropped and counted."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.slow(0.3)
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(TASKS + 20):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
            await shadow.drain()
    assert (TASKS, 20) == (shadow.compared, shadow.dropped)


async def test_an_opa_that_is_left_alone_is_no_difference(mine: Engine, theirs: Opa) -> None:
    """Until its circuit opens, a broken OPA is a difference; then its questions are dropped."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.reset
        shadow = Shadow(1, 100)
        async with shadowing(mine, between.url, shadow, failures=3) as router:
            for _ in range(10):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
                await shadow.drain()
    assert ({Kind.FAILED: 3}, 7, 3) == (dict(shadow.counts), shadow.dropped, between.asked)


async def test_what_fell_back_is_compared_without_asking_again(mine: Engine, theirs: Opa) -> None:
    """Both sides were asked already; one had no answer, and that is the difference."""
    with chaos.Chaos(theirs.port) as between:
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            answer = await router.decide(of_kind("fails", "p/fails"), Side.IN_PROCESS)
            [again] = await router.decide_batch([of_kind("fails", "p/fails")], Side.IN_PROCESS)
            await shadow.drain()
    assert isinstance(again, Answer)
    assert (Side.HTTP, Side.HTTP, 2) == (answer.side, again.side, between.asked)
    assert ({Kind.FAILED: 2}, Side.HTTP) == (dict(shadow.counts), shadow.differences[0].answered)
    assert (None, True) == (shadow.differences[0].in_process_allow, shadow.differences[0].http_allow)


async def test_what_both_decline_is_no_difference(mine: Engine, opa: Callable[[Path], Opa], tmp_path: Path) -> None:
    """Where the policy fails on both sides the request is denied on both."""
    (tmp_path / "p.rego").write_text(MINE)
    shadow = Shadow(1, 10)
    async with shadowing(mine, opa(tmp_path).url, shadow) as router:
        [answer] = await router.decide_batch([of_kind("fails", "p/fails")], Side.IN_PROCESS)
    assert not isinstance(answer, Answer)
    assert (0, {}) == (shadow.compared, dict(shadow.counts))


async def test_closing_ends_what_is_under_way(mine: Engine, theirs: Opa) -> None:
    """A router that is closed leaves no task behind, and no figure is lost."""
    with chaos.Chaos(theirs.port) as between:
        between.behave = chaos.hang
        shadow = Shadow(1, 10)
        async with shadowing(mine, between.url, shadow) as router:
            for _ in range(5):
                await router.decide(of_kind("same"), Side.IN_PROCESS)
            await asyncio.sleep(0.05)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert 0 == shadow.compared
        assert [] == [task for task in others if "Shadow" in repr(task)]
