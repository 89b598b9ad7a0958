"""Delivery: messages leave the outbox, at least once, each under one id.

A message is claimed in one transaction, sent outside of any, and marked in another. A desk that
dies between sending and marking leaves a claim that runs out; the message is sent again under
its id, by which receivers know it. Several desks may deliver from one database.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from offtake.desk.clock import Clock
from offtake.desk.message import WEBHOOK
from offtake.desk.store import outbox, webhook
from offtake.desk.store.engine import Engine, Failure, reader
from offtake.desk.store.outbox import Claim, Lease
from offtake.desk.transport.outcome import Failed, Gone, Outcome, Refused, Sent, Transport

LOG = logging.getLogger(__name__)

DELAYS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each failure, as Standard Webhooks recommends: about three days and three hours in all."""
RETRY_AFTER_S_MAX = 86_400
JITTER_SHARE = 4
"""A delay is lengthened by up to a fourth of it, and by a second at least."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a desk delivers. ``jitter`` draws from [0, 1); ``by`` is who claims, for people."""

    by: str = "desk"
    delays_s: tuple[int, ...] = DELAYS_S
    jitter: Callable[[], float] = random.random
    sends_max: int = 16
    timeout_s: int = 30
    lease_s: int = 120
    poll_ms: int = 1_000
    grace_s: int = 20

    def __post_init__(self) -> None:
        assert self.timeout_s < self.lease_s, "a claim must outlast the attempt it is for"

    @property
    def attempts_max(self) -> int:
        """The attempts that a message has."""
        return len(self.delays_s) + 1

    def next_at_s(self, attempts: int, now_s: int, *, retry_after_s: int = 0) -> int | None:
        """When to try again after so many attempts; None after the last."""
        if attempts >= self.attempts_max:
            return None
        delay_s = self.delays_s[attempts - 1]
        late_s = int(self.jitter() * (delay_s // JITTER_SHARE + 1))
        return now_s + max(delay_s + late_s, min(retry_after_s, RETRY_AFTER_S_MAX))


class Counters(Protocol):
    """Told of what happens; for a page of metrics."""

    def count(self, what: str, channel: str) -> None:
        """``what`` is sent, failed, dead, disabled, broken (a mistake of ours) or unmarked."""


class Uncounted:
    """Counts nothing."""

    def count(self, what: str, channel: str) -> None:
        """Nothing."""


class Deliverer:
    """Delivers what is due by the transports it has; other channels wait."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        transports: Mapping[str, Transport],
        policy: Policy = Policy(),
        counters: Counters = Uncounted(),  # noqa: B008 - it holds nothing.
    ) -> None:
        self._engine, self._reader, self._clock = engine, reader(engine), clock
        self._transports, self._policy, self._counters = transports, policy, counters
        self._sending: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._stirred = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    async def run(self) -> None:
        """Deliver until ``stop``; what is on its way then has ``grace_s`` to end."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopping:
                self._stirred.clear()
                if not await self._take_if_it_can():
                    await self._pause()
            await self._wait(self._policy.grace_s)
        finally:
            await self._break_off()

    async def once(self) -> int:
        """Deliver everything that is due now, also what comes due by that; how many attempts."""
        attempts = 0
        try:
            while taken := await self._take():
                attempts += taken
                await self._wait(None)
        finally:
            await self._break_off()
        return attempts

    def wake(self) -> None:
        """Look at once whether anything is due; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stirred.set)

    def stop(self) -> None:
        """Claim nothing more, and let ``run`` end; from any thread."""
        self._stopping = True
        self.wake()

    async def _take_if_it_can(self) -> int:
        """As ``_take``; a database that is away is waited for."""
        try:
            return await self._take()
        except Failure as error:
            LOG.warning("the outbox cannot be read: %s", type(error).__name__)
            return 0

    async def _take(self) -> int:
        """Begin to send as much of what is due as there is room for; how many."""
        if self._fault is not None:
            raise self._fault
        free = self._policy.sends_max - len(self._sending)
        claims = await asyncio.to_thread(self._claim, free) if free else []
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim))
            self._sending.add(task)
            task.add_done_callback(self._landed)
        return len(claims)

    def _claim(self, limit: int) -> list[Claim]:
        """Look without the right to write first: mostly nothing is due."""
        now_s, channels = self._clock.now_s(), tuple(self._transports)
        with self._reader.connect() as tx:
            seqs = outbox.due(tx, now_s, channels, limit=limit)
        if not seqs:
            return []
        lease = Lease(self._policy.by, now_s + self._policy.lease_s, channels)
        with self._engine.begin() as tx:
            return outbox.take(tx, seqs, now_s, lease)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()
        self._stirred.set()

    async def _pause(self) -> None:
        """Until something lands, is put, or a while has passed."""
        try:
            async with asyncio.timeout(self._policy.poll_ms / 1000):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _wait(self, grace_s: int | None) -> None:
        """Until all that is on its way has landed."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=grace_s)
        if self._fault is not None:
            raise self._fault

    async def _break_off(self) -> None:
        """End what is still on its way: it is given back, to be sent by another."""
        left = list(self._sending)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _deliver(self, claim: Claim) -> None:
        """Send and mark. A message that cannot be marked is sent again when its claim runs out."""
        channel = claim.message.channel
        try:
            outcome = await self._send(claim)
        except asyncio.CancelledError:
            self._give_back(claim)
            raise
        try:
            what = await asyncio.to_thread(self._mark, claim, outcome)
        except Failure as error:
            LOG.warning("%s cannot be marked: %s", claim.message.id, type(error).__name__)
            what = ("unmarked",)
        for one in what:
            self._counters.count(one, channel)

    async def _send(self, claim: Claim) -> Outcome:
        """What comes of one attempt. A mistake of ours is one message's, not all messages'."""
        policy, message = self._policy, claim.message
        if claim.attempts > policy.attempts_max:
            return Refused("desks went down at every attempt to send it")
        transport = self._transports[message.channel]
        try:
            async with asyncio.timeout(policy.timeout_s):
                return await transport.send(message, self._clock.now_s())
        except TimeoutError:
            return Failed(f"no answer within {policy.timeout_s} s")
        except Exception as error:  # What it says may hold a secret; its name does not.
            LOG.error("%s breaks its transport: %s", message.id, type(error).__name__)  # noqa: TRY400
            self._counters.count("broken", message.channel)
            return Failed(f"{type(error).__name__} in the transport: a mistake of offtake")

    def _mark(self, claim: Claim, outcome: Outcome) -> tuple[str, ...]:
        """Write down what came of it; what to count."""
        now_s, message = self._clock.now_s(), claim.message
        with self._engine.begin() as tx:
            if isinstance(outcome, Sent):
                outbox.sent(tx, claim, now_s)
                return ("sent",)
            next_at_s = None
            if isinstance(outcome, Failed):
                next_at_s = self._policy.next_at_s(
                    claim.attempts, now_s, retry_after_s=outcome.retry_after_s
                )
            if not outbox.failed(tx, claim, error=outcome.says, next_at_s=next_at_s):
                return ("failed",)
            gone = isinstance(outcome, Gone) and message.channel == WEBHOOK
            if gone:
                webhook.disable(tx, message.target, now_s, outcome.says)
        if next_at_s is not None:
            return ("failed",)
        LOG.warning(
            "%s (%s by %s) is dead after %d attempts: see its last error",
            *(message.id, message.topic, message.channel, claim.attempts),
        )
        return ("failed", "dead", "disabled") if gone else ("failed", "dead")

    def _give_back(self, claim: Claim) -> None:
        """Release at once, on the way out: there may be no later."""
        try:
            with self._engine.begin() as tx:
                outbox.release(tx, claim)
        except Failure as error:
            LOG.warning("%s keeps its claim: %s", claim.message.id, type(error).__name__)
