"""The flags in Redis or Valkey: one for all workers and pods."""

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from sark_policy.sark.flags import keys as flag_keys
from sark_policy.sark.flags.keys import text
from sark_policy.sark.flags.state import Change, FlagState, Reading

PATIENCE = 1.0
"""How long the store may take to answer, in seconds."""

# One round trip and one atomic step, whatever happens: restore what was lost, make the change, say what was there.
# ARGV: the version that the caller knows; commands that restore it, or none; commands of the change, or none; the
# channel. Returns {version now, what was there before the change…}.
SYNC = """
local version_key, count = KEYS[1], tonumber(ARGV[5])
local known, stored = tonumber(ARGV[1]), redis.call('GET', version_key)
local version = tonumber(stored or '') or 0

local function run(commands, keep)
  for _, command in ipairs(cjson.decode(commands)) do
    if not (keep and keep[command[2]]) then redis.call(unpack(command)) end
  end
end

local changed = false
if version < known and ARGV[2] ~= '' then
  -- Emptied: what an operator has written since then is newer than what a worker remembers.
  local keep = {}
  if not stored then
    for _, key in ipairs(KEYS) do keep[key] = redis.call('EXISTS', key) == 1 end
  end
  run(ARGV[2], keep)
  version, changed = known, true
end

-- A key of another type, by somebody's mistake, must not hide the others.
local held = {}
for place = 2, #KEYS do
  local found = redis.pcall(place <= count + 1 and 'GET' or 'SMEMBERS', KEYS[place])
  if type(found) == 'table' and found.err then found = 'unreadable' end
  held[place - 1] = found
end
local before = version

if ARGV[3] ~= '' then
  run(ARGV[3])
  version, changed = version + 1, true
end
if changed then
  redis.call('SET', version_key, version)
  redis.call('PUBLISH', ARGV[4], version)
end
return {before, version, held}
"""

# What workers say of themselves, by the store's clock: their own may differ.
REPORT = """
local now = tonumber(redis.call('TIME')[1])
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2]) end
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for place = 1, #all, 2 do
  local at = tonumber(string.match(all[place + 1], '^%d+') or '0')
  if now - at > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[place])
  else
    alive[#alive + 1] = all[place]
    alive[#alive + 1] = string.gsub(all[place + 1], '^%d+ ', '')
  end
end
return alive
"""

ALIVE = 10
"""How long a worker that says nothing counts as alive, in seconds."""


class StoreUnavailable(Exception):
    """The store of the flags did not answer: nothing was changed, and what was known last stays in force.

    Whether a change arrived that broke off in the middle shows at the next re-read.
    """


@dataclass(frozen=True, slots=True)
class Synced:
    """What one round trip brought."""

    before: Reading
    """What the store held before the change."""
    version: int
    """The version now."""


class FlagStore:
    """The flags in a Redis or Valkey, by any client that has redis-py's methods."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # redis-py's and valkey-py's clients come as coroutines and as plain functions. The plain ones would
        # hold up the event loop, so they are called on a thread, and re-reading is all they can do.
        self.listens = inspect.iscoroutinefunction(getattr(client, "execute_command", None))

    async def sync(self, known: FlagState, *, restore: bool, change: Change | None = None) -> Synced:
        """Read the store, and in the same step make a change.

        Args:
            known: What this worker knows.
            restore: Whether to write `known` back if the store has lost it.
            change: What to change.

        Raises:
            StoreUnavailable: The store did not answer, or refused.
        """
        keys = [flag_keys.VERSION, *flag_keys.VALUES.values(), *flag_keys.USERS.values()]
        before, version, held = await self._eval(
            SYNC,
            keys,
            known.version,
            json.dumps(flag_keys.commands(Change.all_of(known))) if restore else "",
            json.dumps(flag_keys.commands(change)) if change else "",
            flag_keys.CHANNEL,
            len(flag_keys.VALUES),
        )
        return Synced(flag_keys.reading(int(before), held), int(version))

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield once when subscribed, and then whenever a manager has changed something.

        Raises:
            StoreUnavailable: The connection broke.
        """
        pubsub = self._client.pubsub()
        try:
            async with asyncio.timeout(PATIENCE):
                await pubsub.subscribe(flag_keys.CHANNEL)
            yield
            while True:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=30.0)
                if message is not None:
                    yield
        except Exception as error:
            raise _unavailable(error) from error
        finally:
            await _close(pubsub)

    async def add(self, key: str, entries: Sequence[str], keep: int) -> None:
        """Put entries, the oldest first, before those of all workers, and keep the newest.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        script = "redis.call('LPUSH', KEYS[1], unpack(ARGV, 2)) redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)"
        await self._eval(script, [key], keep, *entries)

    async def newest(self, key: str, limit: int) -> list[str]:
        """Return the newest entries of all workers, newest first.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        script = "return redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)"
        return [text(entry) for entry in await self._eval(script, [key], limit)]

    async def drop(self, key: str) -> None:
        """Drop a list of entries.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        await self._eval("redis.call('DEL', KEYS[1])", [key])

    async def report(self, worker: str, report: str) -> dict[str, str]:
        """Leave word of a worker, and return the last word of every one that is alive.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        words = [text(word) for word in await self._eval(REPORT, [flag_keys.WORKERS], worker, report, ALIVE)]
        return dict(zip(words[::2], words[1::2], strict=True))

    async def close(self) -> None:
        """Close the client."""
        await _close(self._client)

    async def _eval(self, script: str, keys: Sequence[str], *arguments: Any) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                if self.listens:
                    return await self._client.eval(script, len(keys), *keys, *arguments)
                return await asyncio.to_thread(self._client.eval, script, len(keys), *keys, *arguments)
        # A client has exceptions of its own kind, which need no dependency on it.
        except Exception as error:
            raise _unavailable(error) from error


def _unavailable(error: BaseException) -> StoreUnavailable:
    said = str(error).partition("\n")[0] or type(error).__name__
    return StoreUnavailable(f"the store of the flags is unavailable: {said}")


async def _close(client: Any) -> None:
    """Close what redis-py closes by `aclose`, and others by `close`."""
    close = getattr(client, "aclose", None) or client.close
    try:
        closing = close()
        if inspect.isawaitable(closing):
            await closing
    except Exception:  # it is gone already
        return
