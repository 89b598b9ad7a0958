"""A whole desk in one thread: people, a bad network, one or two machines that die, one database.

Everything that chance decides is drawn from one seed, and no clock, thread or address of the real
world is looked at, so that a seed is the whole story: whatever it shows, it shows again.
"""

from collections import Counter
from random import Random
from typing import NamedTuple

from sqlalchemy import text

from desk.auditor import told
from offtake.core.vocabulary import Verdict
from offtake.desk import command as say
from offtake.desk.entry import Entry, read
from offtake.desk.problem import NotThere
from offtake.desk.replay import differences
from offtake.desk.state import State
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.verify import verified
from offtake.desk.writer import POINTS, Receipt, Unavailable, Writer
from offtake.units.time import parse_instant
from simulation import contracts, law, snapshots
from simulation.audit import WholeAudit, text_of
from simulation.network import HOUR_S, Network
from simulation.people import People, World, first_word
from simulation.replica import Answer, Call, Clock, Makes, Replica, Store
from simulation.waivers import lifts_as_said, probes, said_of

STEPS = 30
START_S = parse_instant("2025-03-01")
PATIENCE_S = 120
"""After so long without an answer the same is said again, under the same key."""
JUMPS_S = (0, 0, 0, 1, -1, 90, -90, HOUR_S, -HOUR_S, 30 * HOUR_S, -30 * HOUR_S, 20 * 24 * HOUR_S)
"""How far a machine's clock may go wrong; it is as often set right."""
ROUNDS = 100
"""Turns within which everybody has an answer once nothing goes wrong any more."""


class Failed(AssertionError):
    """What a seed found; its text begins with the line that repeats it."""


class Outcome(NamedTuple):
    """What came of a seed: the last entry's hash, what happened how often, and what went wrong."""

    hash: str
    entries: int
    did: Counter[str]
    happened: Counter[str]
    faults: Counter[str]


class Open(NamedTuple):
    """Something said and not answered yet."""

    call: Call
    since_s: int


def played(seed: int, steps: int = STEPS, makes: Makes = Writer) -> Outcome:
    """Play a seed to its end.

    Raises:
        Failed: Something happened that must not.
    """
    play = Play(Random(seed), makes)
    try:
        play.whole(steps)
    except Exception as error:
        line = f"python tests/simulation --seed {seed} --steps {steps}"
        raise Failed(f"{line}: {type(error).__name__}: {error}") from error
    finally:
        play.store.engine.dispose()
    return play.outcome


def journal_of(seed: int, steps: int = STEPS) -> list[Entry]:
    """The journal that a seed writes."""
    play = Play(Random(seed), Writer)
    play.whole(steps)
    entries = play.entries()
    play.store.engine.dispose()
    return entries


class Play:
    """One run: the true time, everybody and everything, and what is known for sure."""

    def __init__(self, chance: Random, makes: Makes) -> None:
        self.chance, self.clock = chance, Clock(now_s=START_S)
        self.store, self.makes = Store(), makes
        self.desks = [
            Replica(self.store, Clock(self.clock), makes) for _ in range(chance.choice((1, 2, 2)))
        ]
        self.network, self.people = Network(chance), People(chance)
        self.contracts: dict[str, contracts.Contracts] = {}
        self.in_force = ""
        self.audit = WholeAudit(self.contracts)
        self.said: dict[str, Call] = {}
        self.open: dict[str, Open] = {}
        self.carried_out: dict[str, Receipt] = {}  # By a desk, whether its answer came or not.
        self.acknowledged: dict[str, Receipt] = {}
        self.faults: Counter[str] = Counter()
        self.looked, self.sure = (0, 0), 0  # Commits and answers; answers found in the journal.

    def whole(self, steps: int) -> None:
        """All of it, from the beginning to the end."""
        self.begin()
        for _ in range(steps):
            self.step()
        self.end()

    def entries(self) -> list[Entry]:
        """The journal, once it has been found whole."""
        with reader(self.store.engine).connect() as tx:
            rows = list(journal.since(tx, 0))
        checked = verified(rows)
        assert checked.is_whole, checked.faults
        return [read(row.body) for row in rows]

    # --- What happens in a step --------------------------------------------------------------

    def begin(self) -> None:
        """Start all desks, and put the first contracts in force."""
        made = contracts.first(self.chance)
        self.contracts[made.text], self.in_force = made, made.text
        for desk in self.desks:
            desk.starts()
        self._say(Call("k0", *first_word(made.text)))
        self._settle()

    def step(self) -> None:
        """Something may go wrong, time may pass, somebody says something, and desks work."""
        self._go_wrong()
        self._time_passes()
        for desk in self.desks:
            if not desk.is_up and self.chance.random() < 0.5:
                desk.starts()
        sees = self.chance.choice(self.desks)
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            if not sees.is_up or sees.state.version is None:
                break
            world = World(sees.state, self.clock.now_s(), self.contracts, self.in_force)
            self._say(Call(f"k{len(self.said)}", *self.people.says(world)))
        self._insist(PATIENCE_S)
        self._work(0.8)
        self._look()
        snapshots.made(self.store, self.clock, self.audit.seq)

    def _go_wrong(self) -> None:
        roll = self.chance.random()
        desk = self.chance.choice(self.desks)
        if roll < 0.10:
            desk.fate.at(self.chance.choice(POINTS), self.chance.randint(1, 3))
        elif roll < 0.13:
            self.store.fails = self.chance.choice(("before", "after"))
            self.faults[f"commit fails {self.store.fails}"] += 1
        elif roll < 0.16 and desk.is_up:
            desk.stops()
            self.faults["killed"] += 1
        elif roll < 0.22:
            desk.clock.ahead_s = self.chance.choice(JUMPS_S)
            self.faults["clock jumps"] += desk.clock.ahead_s != 0

    def _time_passes(self) -> None:
        roll, now_s = self.chance.random(), self.clock.now_s()
        due = [desk.writer.next_s for desk in self.desks if desk.is_up]
        next_s = min((at_s for at_s in due if at_s is not None and at_s > now_s), default=None)
        if roll < 0.1 and next_s is not None:
            self.clock.ahead_s = max(next_s + self.chance.choice((-1, 0, 0, 1)), now_s)
        elif roll < 0.5:
            self.clock.ahead_s += self.chance.randint(1, 300)
        elif roll < 0.6:
            self.clock.ahead_s += self.chance.randint(1, 30) * HOUR_S

    def _say(self, call: Call) -> None:
        self.said[call.key] = call
        if isinstance(call.command, say.Waive):
            self.audit.waives.append((call.who.id, law.plain(call.command)))
        self._send(call)

    def _send(self, call: Call) -> None:
        self.open[call.key] = Open(call, self.clock.now_s())
        to = self.chance.randrange(len(self.desks))
        self.network.send(str(to), call, self.clock.now_s())

    def _insist(self, patience_s: int) -> None:
        """Say again what was not answered."""
        for waits in list(self.open.values()):
            if self.clock.now_s() - waits.since_s >= patience_s:
                self._send(waits.call)
                self.faults["said again"] += 1

    def _work(self, promptly: float) -> None:
        """Messages arrive, and desks take turns, more or less promptly."""
        while (message := self.network.arrived(self.clock.now_s())) is not None:
            if message.to == "people":
                self._hear(*message.content)
                continue
            desk = self.desks[int(message.to)]
            if desk.is_up:
                self._reply(desk, desk.hears(message.content))
                self._turn(desk, promptly)
        for desk in self.desks:
            self._turn(desk, promptly)

    def _turn(self, desk: Replica, promptly: float) -> None:
        if desk.is_up and self.chance.random() < promptly:
            self._reply(desk, desk.turn())

    def _reply(self, desk: Replica, answers: list[tuple[Call, Answer]]) -> None:
        """Send answers, once they have been compared with what was answered before (S8)."""
        for call, answer in answers:
            first = self.carried_out.get(call.key)
            behind = isinstance(answer, NotThere) and first and desk.state.seq < first.entry
            if first is not None and not isinstance(answer, Unavailable) and not behind:
                assert answer == first, f"{call.key} was answered {first}, then {answer!r}"
            if isinstance(answer, Receipt):
                self.carried_out[call.key] = answer
            self.network.send("people", (call, answer), self.clock.now_s())

    def _hear(self, call: Call, answer: Answer) -> None:
        if isinstance(answer, Unavailable):
            return  # It is said again, later.
        self.open.pop(call.key, None)
        if isinstance(answer, Receipt):
            self.acknowledged[call.key] = answer

    # --- What must be so ------------------------------------------------------------------------

    def _look(self) -> None:
        """Follow the journal as far as it is durable; what was acknowledged is in it."""
        if self.looked != (self.store.commits, len(self.carried_out)):
            self.looked = self.store.commits, len(self.carried_out)
            self._follow()
            for desk in self.desks:
                if self.audit.waived and desk.is_up and desk.state.seq == self.audit.seq:
                    self._probe(desk.state)

    def _probe(self, state: State) -> None:
        """A waiver lifts what it says and nothing else, and denies nothing (WV1 to WV3, law 7)."""
        at_s, audit = max(self.clock.now_s(), state.at_s), self.audit
        is_other = audit.is_past_rewritten or audit.are_ranks_amended
        if is_other or self.contracts[self.in_force].swap[0]:
            return  # The oracle counts from clauses, not from what was stated; or names differ.
        for probe in probes(self.chance, audit.lot_numbers):
            made = lifts_as_said(state, audit.world(), at_s, probe)
            if audit.unwaived is not None and made.verdict != Verdict.PERMIT:
                before = {**audit.world(), "clauses": audit.unwaived}
                was = said_of(before, at_s, probe)["verdict"]
                assert was != "permit", f"{probe} was permitted before a waiver was given"

    def _follow(self) -> None:
        with reader(self.store.engine).connect() as tx:
            for row in journal.since(tx, self.audit.seq):
                self.audit.follow(row.seq, row.body, row.hash)
                if row.kind == "adopt":
                    self.in_force = read(row.body).command.portfolio  # type: ignore[union-attr]
        for key in list(self.carried_out)[self.sure :]:
            receipt = self.carried_out[key]
            call = self.said[key]
            did = self.audit.given.get(receipt.entry)
            wanted = told(call.who.id, law.plain(call.command))
            assert did == wanted, f"{key} is entry {receipt.entry}, which is {did}, not {wanted}"
        self.sure = len(self.carried_out)

    def _settle(self) -> None:
        """Let nothing go wrong until everybody has an answer."""
        for _ in range(ROUNDS):
            for desk in self.desks:
                if not desk.is_up:
                    desk.starts()
            self._insist(0)
            self._work(1.0)
            if not self.open:
                return
            self.clock.ahead_s += 1
        raise AssertionError(f"nobody has answered {list(self.open)}")

    def end(self) -> None:
        """Everything works again: what was said is answered, what is due is done, all agree."""
        self.network.calm()
        self.store.fails = ""
        for desk in self.desks:
            desk.clock.ahead_s = 0
            desk.fate.point = ""
        self._settle()
        self.clock.ahead_s += 100 * 24 * HOUR_S  # Late copies arrive, and much runs out.
        for _ in range(3):
            self._work(1.0)
        self._look()
        self._end_of_audit()
        self._end_of_states()

    def _end_of_audit(self) -> None:
        now = max(text_of(self.clock.now_s()), self.audit.at)
        due = self.audit.due()
        assert not due or due[0][0] > now, f"{due[0]} is due, and nothing was done by {now}"
        with reader(self.store.engine).connect() as tx:
            head = journal.head(tx)
            rows = tx.execute(text("SELECT who, key, seq FROM answers")).all()
        self.audit.end(head.seq, head.hash)
        by_key: dict[int, tuple[str, str]] = {}
        for row in rows:
            call = self.said[row.key]
            said = told(call.who.id, law.plain(call.command))
            again = row.seq in by_key and not isinstance(call.command, say.DrawPermit)
            assert not again, "two keys have one entry"  # But a draw has a key of its own.
            assert by_key.setdefault(row.seq, said) == said, "two say one thing"
        assert by_key == self.audit.given, "something was done that nobody said, or said once"
        kept = {row.key: row.seq for row in rows}
        for key, receipt in self.acknowledged.items():
            assert kept[key] == receipt.entry, f"{key} was acknowledged, and is not kept"

    def _end_of_states(self) -> None:
        """Live states, a new desk's, from a snapshot or not, and one decided again are the same."""
        anew = Writer(self.store.engine, self.clock)
        anew.open()
        for number, desk in enumerate(self.desks):
            assert desk.state == anew.state, f"desk {number} knows something else than the journal"
        entries = self.entries()
        snapshots.hold(entries, anew.state)
        found = list(differences(lambda: entries))
        assert not found, found[0]
        law.holds(entries)

    @property
    def outcome(self) -> Outcome:
        faults = self.faults + Counter(lost=self.network.lost, repeated=self.network.repeated)
        faults += Counter(late=self.network.late)
        faults += Counter(died=sum(desk.fate.deaths for desk in self.desks))
        hash_, kinds, found = self.audit.hash.hex(), self.audit.kinds, self.audit.found
        return Outcome(hash_, self.audit.seq, kinds, found, faults)
