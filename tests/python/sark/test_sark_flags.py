"""The flags: the gateway's own buckets, shared through a real Redis by real processes."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from real_redis import RealRedis
from sark_policy.sark.flags import (
    FEATURES,
    FeatureFlagManager,
    StoreUnavailable,
    bucket,
    get_feature_flag_manager,
    use_feature_flag_manager,
)
from sark_policy.sark.flags.state import MOST_USERS, BundleOrder, ShadowOrder

USERS = [f"user-{number}" for number in range(1_000)]


@contextlib.asynccontextmanager
async def managers(url: str, count: int = 1, **options: Any) -> AsyncIterator[list[FeatureFlagManager]]:
    """Managers as several workers would have them, started."""
    made = [FeatureFlagManager.connect(url, **options) for _ in range(count)]
    try:
        for each in made:
            await each.start()
        yield made
    finally:
        for each in made:
            await each.stop()


async def becomes(true: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.01)


# --- The gateway's surface, in memory


@pytest.mark.parametrize(
    ("feature", "user", "expected"),
    [
        ("rust_opa", "user-1", 82),
        ("rust_opa", "alice", 99),
        ("rust_opa", "unknown", 14),
        ("rust_cache", "user-1", 83),
        ("rust_cache", "alice", 56),
        ("rust_cache", "unknown", 82),
    ],
)
def test_a_user_keeps_the_bucket_that_the_gateway_gave_it(feature: str, user: str, expected: int) -> None:
    """The hash is the gateway's own, so nobody changes sides when we move in."""
    assert expected == bucket(feature, user)


@pytest.mark.parametrize(("percentage", "expected"), [(0, False), (82, False), (83, True), (100, True)])
def test_a_user_has_a_feature_from_its_bucket_on(percentage: int, expected: bool) -> None:
    """`user-1` is in bucket 82: 82 % are the buckets 0 to 81."""
    flags = FeatureFlagManager()
    flags.set_rollout_pct("rust_opa", percentage)
    assert expected == flags.should_use_rust("rust_opa", "user-1")


def test_nobody_has_anything_in_the_beginning() -> None:
    """A new manager sends everybody over HTTP."""
    assert {"rust_opa": 0, "rust_cache": 0} == FeatureFlagManager().rollout_pct


def test_a_rollout_may_begin_with_other_percentages() -> None:
    """What is nowhere stored is as the settings say."""
    assert {"rust_opa": 100, "rust_cache": 5} == FeatureFlagManager(
        rollout={"rust_opa": 100, "rust_cache": 5}
    ).get_all_rollouts()


@pytest.mark.parametrize("rollout", [{"rust_opa": 101}, {"rust": 5}])
def test_a_rollout_that_makes_no_sense_cannot_begin(rollout: dict[str, int]) -> None:
    """A wrong setting is seen at the start."""
    with pytest.raises(ValueError, match="rust"):
        FeatureFlagManager(rollout=rollout)


@pytest.mark.parametrize("percentage", [-1, 101, 2.5, "25", True, None])
def test_a_percentage_is_a_whole_number_from_0_to_100(percentage: Any) -> None:
    """Whatever else is refused, and the flag stays as it is."""
    flags = FeatureFlagManager(rollout={"rust_opa": 7})
    with pytest.raises(ValueError, match="0 to 100"):
        flags.set_rollout_pct("rust_opa", percentage)
    assert 7 == flags.get_rollout_pct("rust_opa")


def test_an_unknown_feature_is_off_and_cannot_be_set() -> None:
    """Reading it gives 0, setting it says which ones there are."""
    flags = FeatureFlagManager()
    assert (0, False) == (flags.get_rollout_pct("rust"), flags.should_use_rust("rust", "user-1"))
    with pytest.raises(ValueError, match="rust_opa, rust_cache"):
        flags.set_rollout_pct("rust", 5)
    with pytest.raises(ValueError, match="rust_opa, rust_cache"):
        flags.rollback("rust")


def test_a_rollback_takes_the_feature_from_everybody() -> None:
    """Those on the allow-list go back too, and the other feature stays."""
    flags = FeatureFlagManager(rollout={"rust_opa": 50, "rust_cache": 50})
    asyncio.run(flags.apply_users("rust_opa", ["alice"]))
    flags.rollback("rust_opa")
    assert ({"rust_opa": 0, "rust_cache": 50}, False) == (
        flags.get_all_rollouts(),
        flags.should_use_rust("rust_opa", "alice"),
    )


def test_a_rollback_of_all_takes_every_feature() -> None:
    """Everybody is sent over HTTP."""
    flags = FeatureFlagManager(rollout=dict.fromkeys(FEATURES, 100))
    flags.rollback_all()
    assert dict.fromkeys(FEATURES, 0) == flags.get_all_rollouts()


def test_users_on_the_allow_list_have_a_feature_at_0_percent() -> None:
    """Somebody tries it first."""
    flags = FeatureFlagManager()
    before = asyncio.run(flags.apply_users("rust_opa", {"alice"}))
    assert (frozenset(), True, False) == (
        before,
        flags.should_use_rust("rust_opa", "alice"),
        flags.should_use_rust("rust_cache", "alice"),
    )


def test_an_allow_list_is_bounded() -> None:
    """A list as long as a rollout should be a rollout."""
    flags = FeatureFlagManager()
    with pytest.raises(ValueError, match="1001 users"):
        asyncio.run(flags.apply_users("rust_opa", map(str, range(MOST_USERS + 1))))


def test_the_kill_switch_is_above_everything() -> None:
    """Percentages and allow-lists stay as they are, and count again when it is off."""
    flags = FeatureFlagManager(rollout={"rust_opa": 100})
    asyncio.run(flags.apply_users("rust_cache", {"alice"}))
    assert False is asyncio.run(flags.apply_kill(True))
    assert [False, False] == [flags.should_use_rust(feature, "alice") for feature in FEATURES]
    assert True is asyncio.run(flags.apply_kill(False))
    assert [True, True] == [flags.should_use_rust(feature, "alice") for feature in FEATURES]


def test_any_text_is_a_user() -> None:
    """A user of half a character cannot make a decision fail."""
    flags = FeatureFlagManager(rollout={"rust_opa": 50})
    assert isinstance(flags.should_use_rust("rust_opa", "\ud800"), bool)


def test_the_manager_of_the_process_is_one() -> None:
    """Whoever asks for it gets the same."""
    use_feature_flag_manager(None)
    try:
        first = get_feature_flag_manager()
        first.set_rollout_pct("rust_opa", 5)
        assert 5 == get_feature_flag_manager().get_rollout_pct("rust_opa")
    finally:
        use_feature_flag_manager(None)


# --- The store


def test_a_change_reaches_the_store_in_the_old_form(redis_server: RealRedis) -> None:
    """A percentage is a plain number at the gateway's own key, without expiry."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            assert 0 == await flags.apply_rollout("rust_opa", 25)
            assert 25 == await flags.apply_rollout("rust_opa", 50)

    asyncio.run(test())
    assert ("50", -1, "2") == (
        redis_server("GET", "feature_flag:rust_opa"),
        redis_server("TTL", "feature_flag:rust_opa"),
        redis_server("GET", "feature_flag:version"),
    )


def test_what_the_old_gateway_stored_is_in_force_from_the_start(redis_server: RealRedis) -> None:
    """Moving in changes no rollout."""
    redis_server("SET", "feature_flag:rust_opa", "25")

    async def test() -> None:
        async with managers(redis_server.url, rollout={"rust_opa": 100, "rust_cache": 5}) as [flags]:
            assert {"rust_opa": 25, "rust_cache": 5} == flags.get_all_rollouts()

    asyncio.run(test())


def test_what_an_operator_writes_by_hand_is_honoured(redis_server: RealRedis) -> None:
    """The keys are plain, so that `redis-cli` will do."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_cache", 10)
            redis_server("SET", "feature_flag:rust_opa", "33")
            redis_server("SADD", "feature_flag:rust_cache:users", "alice", "élise")
            await becomes(lambda: flags.get_rollout_pct("rust_opa") == 33)
            await becomes(lambda: flags.users("rust_cache") == {"alice", "élise"})
            redis_server("SET", "feature_flag:kill", "on")
            await becomes(lambda: flags.killed)
            redis_server("DEL", "feature_flag:rust_opa", "feature_flag:kill")
            await becomes(lambda: not flags.killed and flags.get_all_rollouts() == {"rust_opa": 0, "rust_cache": 10})

    asyncio.run(test())


@pytest.mark.parametrize("value", ["many", "150", "-1", "2.5", ""])
def test_what_makes_no_sense_in_the_store_changes_nothing(redis_server: RealRedis, value: str) -> None:
    """The last percentage that made sense stays, and the other keys count as ever."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_opa", 40)
            redis_server("SET", "feature_flag:rust_opa", value)
            redis_server("SET", "feature_flag:rust_cache:users", "not a set")
            redis_server("SET", "feature_flag:kill", "perhaps")
            redis_server("SET", "feature_flag:shadow", '{"share": 7}')
            redis_server("SET", "feature_flag:bundle", "[]")
            redis_server("SET", "feature_flag:rust_cache", "60")
            await becomes(lambda: flags.get_rollout_pct("rust_cache") == 60)
            assert (40, frozenset(), False, None, None) == (
                flags.get_rollout_pct("rust_opa"),
                flags.users("rust_cache"),
                flags.killed,
                flags.state.shadow,
                flags.state.bundle,
            )
            assert 40 == await flags.apply_rollout("rust_opa", 41)
            assert "41" == redis_server("GET", "feature_flag:rust_opa")

    asyncio.run(test())


def test_everything_that_is_decided_reaches_the_other_workers(redis_server: RealRedis) -> None:
    """Percentage, users, kill switch, and the orders for shadow and bundle."""
    from datetime import UTC, datetime

    order = BundleOrder("r2", "2026.1", "kim", datetime(2026, 11, 24, tzinfo=UTC))

    async def test() -> None:
        async with managers(redis_server.url, 2) as [one, two]:
            await one.apply_rollout("rust_opa", 30)
            await one.apply_users("rust_cache", ["a b", "c\nd"])
            await one.apply_kill(True)
            await one.apply_shadow(ShadowOrder(0.25, True))
            await one.apply_bundle(order)
            await becomes(lambda: two.state == one.state)
            assert (30, frozenset({"a b", "c\nd"}), True, ShadowOrder(0.25, True), order) == (
                two.get_rollout_pct("rust_opa"),
                two.users("rust_cache"),
                two.killed,
                two.state.shadow,
                two.state.bundle,
            )

    asyncio.run(test())


def test_a_change_made_without_waiting_reaches_the_other_workers(redis_server: RealRedis) -> None:
    """The gateway's own synchronous methods work from any thread, and are in force at once."""

    async def test() -> None:
        async with managers(redis_server.url, 2) as [one, two]:
            thread = threading.Thread(target=one.set_rollout_pct, args=("rust_opa", 77))
            thread.start()
            thread.join()
            assert 77 == one.get_rollout_pct("rust_opa")
            await becomes(lambda: two.get_rollout_pct("rust_opa") == 77)
            two.rollback_all()
            assert 0 == two.get_rollout_pct("rust_opa")
            await becomes(lambda: one.get_rollout_pct("rust_opa") == 0 and not two.pending)

    asyncio.run(test())


def test_what_was_set_before_the_start_is_pushed_by_it(redis_server: RealRedis) -> None:
    """A script needs no event loop to set a flag."""
    flags = FeatureFlagManager.connect(redis_server.url)
    flags.set_rollout_pct("rust_opa", 12)

    async def test() -> None:
        await flags.start()
        await flags.stop()

    asyncio.run(test())
    assert "12" == redis_server("GET", "feature_flag:rust_opa")


def test_changes_at_the_same_time_are_all_made(redis_server: RealRedis) -> None:
    """Each is one atomic step: none is lost, and each says exactly what was before it."""

    async def test() -> None:
        async with managers(redis_server.url, 4) as workers:
            changes = [workers[n % 4].apply_rollout("rust_opa", n) for n in range(1, 101)]
            before = await asyncio.gather(*changes)
            last = int(redis_server("GET", "feature_flag:rust_opa"))
            assert set(range(101)) - {last} == set(before)
            assert "100" == redis_server("GET", "feature_flag:version")
            await becomes(lambda: {last} == {each.get_rollout_pct("rust_opa") for each in workers})

    asyncio.run(test())


@pytest.mark.parametrize("decode", [True, False])
def test_any_client_with_the_methods_will_do(redis_server: RealRedis, decode: bool) -> None:
    """The gateway passes its own, which may decode answers or not, and closes it."""
    import redis.asyncio

    async def test() -> None:
        client = redis.asyncio.Redis.from_url(redis_server.url, decode_responses=decode)
        flags = FeatureFlagManager(client)
        await flags.start()
        await flags.apply_users("rust_opa", ["élise"])
        await flags.apply_rollout("rust_cache", 3)
        await flags.stop()
        assert True is await client.ping()
        await client.aclose()
        assert (frozenset({"élise"}), 3) == (flags.users("rust_opa"), flags.get_rollout_pct("rust_cache"))

    asyncio.run(test())


def test_a_client_without_coroutines_does_not_hold_up_the_loop(redis_server: RealRedis) -> None:
    """The old manager called a plain client on the event loop; ours goes to a thread, and re-reads."""
    import redis

    async def test() -> None:
        with redis.Redis(port=redis_server.port) as client:
            flags = FeatureFlagManager(client)
            await flags.start()
            await flags.apply_rollout("rust_opa", 3)
            redis_server("SET", "feature_flag:rust_opa", 4)
            await becomes(lambda: flags.get_rollout_pct("rust_opa") == 4)
            await flags.stop()

    asyncio.run(test())


def test_a_manager_that_was_made_without_a_store_can_be_given_one(redis_server: RealRedis) -> None:
    """`get_feature_flag_manager(client)` at the start counts, whoever asked for the manager before."""
    import redis.asyncio

    redis_server("SET", "feature_flag:rust_opa", "25")
    use_feature_flag_manager(None)

    async def test() -> None:
        get_feature_flag_manager().set_rollout_pct("rust_opa", 99)
        async with redis.asyncio.Redis(port=redis_server.port) as client:
            flags = get_feature_flag_manager(client)
            await flags.start()
            assert (25, flags) == (flags.get_rollout_pct("rust_opa"), get_feature_flag_manager())
            await flags.stop()

    try:
        asyncio.run(test())
    finally:
        use_feature_flag_manager(None)


# --- The store is away


def test_without_the_store_reads_go_on_and_a_change_is_refused(redis_server: RealRedis) -> None:
    """The last known state stays in force; a change that the others cannot hear of is made nowhere."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_opa", 50)
            redis_server.kill()
            with pytest.raises(StoreUnavailable, match="unavailable"):
                await flags.apply_rollout("rust_opa", 100)
            with pytest.raises(StoreUnavailable):
                await flags.apply_kill(False)
            with pytest.raises(StoreUnavailable):
                flags.set_rollout_pct("rust_opa", 100)
            assert (50, True, False) == (
                flags.get_rollout_pct("rust_opa"),
                flags.should_use_rust("rust_opa", "unknown"),
                flags.connected,
            )

    asyncio.run(test())


def test_a_worker_starts_without_the_store(redis_server: RealRedis) -> None:
    """It begins as the settings say, and takes what is stored when the store is there."""
    redis_server.kill()

    async def test() -> None:
        async with managers(redis_server.url, rollout={"rust_opa": 5}) as [flags]:
            assert (5, False) == (flags.get_rollout_pct("rust_opa"), flags.connected)
            redis_server.start()
            redis_server("SET", "feature_flag:rust_opa", "60")
            await becomes(lambda: flags.get_rollout_pct("rust_opa") == 60)
            assert True is flags.connected

    asyncio.run(test())


def test_the_ways_back_need_no_store(redis_server: RealRedis) -> None:
    """Rollback and kill switch hold in this worker at once, and reach the others when the store is back."""

    async def test() -> None:
        async with managers(redis_server.url, 2, rollout={"rust_cache": 9}) as [one, two]:
            await one.apply_rollout("rust_opa", 50)
            await becomes(lambda: two.get_rollout_pct("rust_opa") == 50)
            redis_server.kill()
            before = await one.apply_rollback("rust_opa")
            await one.apply_kill(True)
            assert (50, 0, True, 2) == (
                before.rollout["rust_opa"],
                one.get_rollout_pct("rust_opa"),
                one.killed,
                one.pending,
            )
            assert (50, False) == (two.get_rollout_pct("rust_opa"), two.killed)
            redis_server.start()
            await becomes(lambda: two.killed and two.get_rollout_pct("rust_opa") == 0)
            await becomes(lambda: one.pending == 0 and one.state == two.state)
            assert {"rust_opa": 0, "rust_cache": 9} == two.get_all_rollouts()

    asyncio.run(test())


def test_a_store_that_comes_back_empty_is_given_what_was_known(redis_server: RealRedis) -> None:
    """Redis without persistence forgets everything; the workers do not."""

    async def test() -> None:
        async with managers(redis_server.url, 2) as [one, two]:
            await one.apply_rollout("rust_opa", 50)
            await one.apply_users("rust_opa", ["alice"])
            await one.apply_shadow(ShadowOrder(0.5, False))
            await becomes(lambda: two.state == one.state)
            state = one.state
            redis_server.kill()
            redis_server.start()
            await becomes(lambda: redis_server("GET", "feature_flag:version") == "3")
            await becomes(lambda: one.connected is True and two.connected is True)
            assert (state, state, "50", ["alice"]) == (
                one.state,
                two.state,
                redis_server("GET", "feature_flag:rust_opa"),
                sorted(redis_server("SMEMBERS", "feature_flag:rust_opa:users")),
            )

    asyncio.run(test())


def test_a_store_that_comes_back_with_less_is_given_what_was_known(redis_server: RealRedis) -> None:
    """A snapshot from earlier does not turn a rollout back."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            for percentage in (5, 25, 50):
                await flags.apply_rollout("rust_opa", percentage)
            redis_server("MSET", "feature_flag:rust_opa", "5", "feature_flag:version", "1")
            await becomes(lambda: redis_server("GET", "feature_flag:version") == "3")
            assert ("50", 50) == (redis_server("GET", "feature_flag:rust_opa"), flags.get_rollout_pct("rust_opa"))

    asyncio.run(test())


def test_what_an_operator_writes_into_an_emptied_store_is_newer(redis_server: RealRedis) -> None:
    """Restoring fills in what is missing, and leaves what is there."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_opa", 50)
            await flags.apply_rollout("rust_cache", 50)
            redis_server("EVAL", "redis.call('FLUSHALL') redis.call('SET', 'feature_flag:rust_opa', 10)", 0)
            await becomes(lambda: flags.get_all_rollouts() == {"rust_opa": 10, "rust_cache": 50})
            await becomes(lambda: redis_server("GET", "feature_flag:rust_cache") == "50")

    asyncio.run(test())


def test_a_change_into_an_emptied_store_is_made_on_what_was_known(redis_server: RealRedis) -> None:
    """Restoring and changing are one step, whichever worker comes first."""

    async def test() -> None:
        async with managers(redis_server.url, 2) as [one, two]:
            await one.apply_rollout("rust_cache", 50)
            await becomes(lambda: two.get_rollout_pct("rust_cache") == 50)
            redis_server("FLUSHALL")
            await one.apply_rollout("rust_opa", 20)
            await becomes(lambda: two.get_all_rollouts() == {"rust_opa": 20, "rust_cache": 50})
            await becomes(lambda: one.state == two.state)

    asyncio.run(test())


def test_a_store_that_holds_still_holds_nobody_up(redis_server: RealRedis) -> None:
    """Connections that stay open without an answer are an outage too; a read looks into memory."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_opa", 50)
            redis_server.freeze()
            try:
                with pytest.raises(StoreUnavailable):
                    await flags.apply_rollout("rust_opa", 100)
                await flags.apply_rollback_all()
                assert (False, 0) == (flags.should_use_rust("rust_opa", "unknown"), flags.get_rollout_pct("rust_opa"))
            finally:
                redis_server.thaw()
            await becomes(lambda: flags.connected is True and not flags.pending)
            assert "0" == redis_server("GET", "feature_flag:rust_opa")

    asyncio.run(test())


def test_a_store_that_is_only_read_keeps_what_is_known(redis_server: RealRedis) -> None:
    """A replica answers questions and refuses changes."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            await flags.apply_rollout("rust_opa", 50)
            redis_server("REPLICAOF", "127.0.0.1", "1")
            with pytest.raises(StoreUnavailable):
                await flags.apply_rollout("rust_opa", 100)
            assert 50 == flags.get_rollout_pct("rust_opa")
            redis_server("REPLICAOF", "NO", "ONE")
            assert 50 == await flags.apply_rollout("rust_opa", 60)

    asyncio.run(test())


def test_starting_and_stopping_again_and_again_is_fine(redis_server: RealRedis) -> None:
    """A manager lives through several event loops, one after the other."""
    flags = FeatureFlagManager.connect(redis_server.url)
    for percentage in (1, 2, 3):

        async def test(percentage: int = percentage) -> None:
            await flags.start()
            await flags.start()
            await flags.apply_rollout("rust_opa", percentage)
            await flags.stop()
            await flags.stop()

        asyncio.run(test())
    assert "3" == redis_server("GET", "feature_flag:version")


# --- Four processes

WORKER = """
import asyncio, json, sys, time
from sark_policy.sark.flags import FeatureFlagManager

async def main(url):
    flags = FeatureFlagManager.connect(url)
    users = [f"user-{n}" for n in range(1000)]
    stop = asyncio.Event()
    def say(state):
        sides = "".join(str(int(flags.state.has("rust_opa", user))) for user in users)
        print(json.dumps({"at": time.time(), "version": state.version, "sides": sides}), flush=True)
    flags.listen(say)
    await flags.start()
    say(flags.state)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await flags.apply_rollout("rust_opa", int(line))
    await flags.stop()

asyncio.run(main(sys.argv[1]))
"""


class Worker:
    """A process with a manager, which says so whenever its flags change."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def hear(self) -> dict[str, Any]:
        """Return the next that it says."""
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def set(self, percentage: int) -> None:
        """Have it change the rollout."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{percentage}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """End it."""
        self._process.communicate(timeout=20)


@pytest.fixture
def workers(redis_server: RealRedis) -> Iterator[list[Worker]]:
    """Four processes that have started."""
    made = [Worker(redis_server.url) for _ in range(4)]
    try:
        for each in made:
            each.hear()
        yield made
    finally:
        for each in made:
            each.end()


def test_four_processes_agree_on_a_thousand_users_within_a_second(workers: list[Worker]) -> None:
    """The promise itself, by the clocks of the processes: changed in one, in force in all of them."""
    for number, percentage in enumerate((25, 50, 5, 100, 0)):
        changed = time.time()
        workers[number % 4].set(percentage)
        said = [each.hear() for each in workers]
        expected = "".join(str(int(bucket("rust_opa", user) < percentage)) for user in USERS)
        assert [expected] * 4 == [each["sides"] for each in said]
        assert max(each["at"] for each in said) - changed < 1


def test_four_processes_agree_where_nobody_is_told(workers: list[Worker], redis_server: RealRedis) -> None:
    """What is written by hand is published by nobody: they find it when they read again."""
    for percentage in (25, 75):
        redis_server("SET", "feature_flag:rust_opa", percentage)
        said = [each.hear() for each in workers]
        expected = "".join(str(int(bucket("rust_opa", user) < percentage)) for user in USERS)
        assert [expected] * 4 == [each["sides"] for each in said]


def test_a_forked_worker_has_the_flags_of_its_parent_and_follows_the_store(
    redis_server: RealRedis, run: Callable[..., str]
) -> None:
    """A server that loads the application before it forks shares one manager's memory, and no connection."""
    script = """
import asyncio, os, sys
from sark_policy.sark.flags import FeatureFlagManager

flags = FeatureFlagManager.connect(sys.argv[1], rollout={"rust_cache": 7})
flags.set_rollout_pct("rust_opa", 50)

async def main():
    await flags.start()
    async with asyncio.timeout(10):
        while flags.get_rollout_pct("rust_opa") != 60:
            if os.getpid() == parent:
                await flags.apply_rollout("rust_opa", 60)
            await asyncio.sleep(0.01)
    await flags.stop()

parent = os.getpid()
child = os.fork()
if child == 0:
    asyncio.run(main())
    os._exit(0 if flags.get_all_rollouts() == {"rust_opa": 60, "rust_cache": 7} else 1)
asyncio.run(main())
print(os.waitpid(child, 0)[1], flags.get_all_rollouts())
"""
    assert "0 {'rust_opa': 60, 'rust_cache': 7}" == run(script, redis_server.url)


def test_a_worker_that_is_forked_after_the_start_has_connections_of_its_own(
    redis_server: RealRedis, run: Callable[..., str]
) -> None:
    """Two processes on one connection would read each other's answers."""
    script = """
import asyncio, os, sys
from sark_policy.sark.flags import FeatureFlagManager

flags = FeatureFlagManager.connect(sys.argv[1])
loop = asyncio.new_event_loop()
loop.run_until_complete(flags.start())
child = os.fork()

async def change(feature):
    if not child:
        await flags.start()
    for percentage in range(1, 101):
        await flags.apply_rollout(feature, percentage)
    async with asyncio.timeout(10):
        while flags.get_all_rollouts() != {"rust_opa": 100, "rust_cache": 100}:
            await asyncio.sleep(0.01)
    await flags.stop()

if child == 0:
    asyncio.run(change("rust_cache"))
    sys.stdout.flush()
    os._exit(0)
loop.run_until_complete(change("rust_opa"))
loop.close()
print(os.waitpid(child, 0)[1], flags.state.version)
"""
    assert "0 200" == run(script, redis_server.url)


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_a_manager_leaves_no_connection_behind(redis_server: RealRedis) -> None:
    """What `stop` ends is gone, also after an outage."""

    async def test() -> None:
        async with managers(redis_server.url) as [flags]:
            redis_server.kill()
            await becomes(lambda: flags.connected is False)
            redis_server.start()
            await becomes(lambda: flags.connected is True)

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(test())
    assert before >= len(os.listdir("/proc/self/fd"))
    assert 1 == len(redis_server("CLIENT", "LIST").strip().splitlines())
