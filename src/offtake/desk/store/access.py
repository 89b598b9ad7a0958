"""The register of who may come in: each of its methods is one transaction, for threads to call."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from offtake.desk.access.recent import Found
from offtake.desk.access.role import Role
from offtake.desk.access.secret import Chance, Token, new_id
from offtake.desk.access.who import Who
from offtake.desk.clock import Clock
from offtake.desk.store.contact import (
    Contact,
    add_contact,
    contact_of,
    contacts,
    remove_contact,
)
from offtake.desk.store.engine import reader
from offtake.desk.store.person import (
    Person,
    Trace,
    add_person,
    administrators,
    change_person,
    has_signed_on,
    people,
    person_by_subject,
    person_of,
    trace,
    trail,
)
from offtake.desk.store.session import (
    SignOn,
    begin_session,
    end_session,
    end_sessions,
    forget,
    keep_sign_on,
    make_code,
    note_visit,
    session,
    take_code,
    take_sign_on,
)
from offtake.desk.store.token import (
    Kept,
    Wanted,
    given,
    make_token,
    note_use,
    revoke_token,
    tokens,
)

SYSTEM = "system"
"""Who acts where nobody is signed on yet."""


class Unknown(LookupError):
    """Nobody, or nothing, of this id."""


class Disabled(Exception):
    """Somebody whom the desk knows and lets in no more."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for: its name for them, and what follows from its claims."""

    subject: str
    name: str
    email: str
    roles: frozenset[Role]
    party: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """People, their tokens and their sessions."""

    engine: Engine
    clock: Clock
    chance: Chance
    _changes: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    @property
    def changes(self) -> int:
        """How often this register has changed who may come in: what was known before is over."""
        return self._changes[0]

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that changes who may come in; it counts once it is durable."""
        try:
            with self.engine.begin() as tx:
                yield tx
        finally:
            self._changes[0] += 1

    def by_token(self, text: str) -> Who | None:
        """Who comes with a token."""
        found = self.of_token(text)
        return None if found is None else found.who

    def by_session(self, secret: str) -> Who | None:
        """Who comes with a session's cookie."""
        found = self.of_session(secret)
        return None if found is None else found.who

    def of_token(self, text: str) -> Found | None:
        """Who comes with a token, and until when; its use today is noted, once a day."""
        now_s = self.clock.now_s()
        with reader(self.engine).connect() as tx:
            found = given(tx, text, now_s)
        if found is None:
            return None
        if not found.is_noted:
            with suppress(SQLAlchemyError), self.engine.begin() as tx:  # A note, no condition.
                note_use(tx, found.who.token_id, now_s)
        return Found(found.who, found.until_s, now_s)

    def of_session(self, secret: str) -> Found | None:
        """Who comes with a session's cookie, and until when; the visit is noted."""
        now_s = self.clock.now_s()
        with reader(self.engine).connect() as tx:
            found = session(tx, secret, now_s)
        if found is None:
            return None
        if not found.is_noted:
            with suppress(SQLAlchemyError), self.engine.begin() as tx:
                note_visit(tx, secret, now_s)
        return Found(found.who, found.until_s, now_s)

    def sign_off(self, secret: str) -> None:
        """End a session."""
        with self._changing() as tx:
            end_session(tx, secret)

    def begin(self, begun: SignOn) -> None:
        """Remember a sign-on that goes to the provider.

        Raises:
            Busy: Too many are under way.
        """
        with self.engine.begin() as tx:
            keep_sign_on(tx, begun, self.clock.now_s())

    def back(self, state: str) -> SignOn | None:
        """The sign-on that comes back with a state, once."""
        with self.engine.begin() as tx:
            return take_sign_on(tx, state, self.clock.now_s())

    def sign_on(self, vouched: Vouched) -> str:
        """The cookie of whom a provider vouches for.

        The provider has the last word on name, roles and party: they are taken over each time.

        Raises:
            Disabled: The desk lets them in no more.
            Misfit: Nobody can have these roles.
        """
        now_s = self.clock.now_s()
        with self._changing() as tx:
            known = person_by_subject(tx, vouched.subject)
            person = self._person(vouched, known, now_s)
            if known is None:
                add_person(tx, person)
                trace(tx, _changed(now_s, person.id, "person.added", person))
            elif known.disabled_at_s is not None:
                raise Disabled(f"{person.id} is disabled here")
            elif known != person:
                change_person(tx, person)
                trace(tx, _changed(now_s, person.id, "person.changed", person))
            return begin_session(tx, self.chance, person.id, now_s)

    def _person(self, vouched: Vouched, known: Person | None, now_s: int) -> Person:
        return Person(
            id=known.id if known else new_id(self.chance),
            name=vouched.name,
            roles=vouched.roles,
            party=vouched.party,
            email=vouched.email,
            subject=vouched.subject,
            created_at_s=known.created_at_s if known else now_s,
            disabled_at_s=known.disabled_at_s if known else None,
        )

    def first_code(self, name: str, roles: Collection[Role]) -> str | None:
        """A one-time code for the first administrator; None once one has signed on.

        Who never used the code gets another at the next start, as the same person.
        """
        now_s = self.clock.now_s()
        with self.engine.begin() as tx:
            managing = administrators(tx)
            if any(person.subject or has_signed_on(tx, person.id) for person in managing):
                return None
            if not managing:
                mine = frozenset({Role.ADMINISTRATOR, *roles})
                managing = [Person(new_id(self.chance), name, mine, created_at_s=now_s)]
                add_person(tx, managing[0])
                trace(tx, _changed(now_s, SYSTEM, "person.added", managing[0]))
            return make_code(tx, self.chance, managing[0].id, now_s)

    def code_for(self, person_id: str, by: str) -> str:
        """A one-time code for somebody who signs on without a provider.

        Raises:
            Unknown: There is no such person, or they are disabled.
        """
        now_s = self.clock.now_s()
        with self.engine.begin() as tx:
            person = person_of(tx, person_id)
            if person is None or person.disabled_at_s is not None:
                raise Unknown(person_id)
            trace(tx, Trace(now_s, by, "code.made", person_id))
            return make_code(tx, self.chance, person_id, now_s)

    def redeem(self, code: str) -> str | None:
        """The cookie that a one-time code is exchanged for; None if it is unknown or over."""
        now_s = self.clock.now_s()
        with self._changing() as tx:
            person = take_code(tx, code, now_s)
            return None if person is None else begin_session(tx, self.chance, person, now_s)

    def add(self, person: Person, by: str) -> Person:
        """Somebody new; the desk gives the id.

        Raises:
            Misfit: Nobody can have these roles.
        """
        now_s = self.clock.now_s()
        made = person._replace(id=new_id(self.chance), created_at_s=now_s)
        with self.engine.begin() as tx:
            add_person(tx, made)
            trace(tx, _changed(now_s, by, "person.added", made))
        return made

    def change(self, person: Person, by: str) -> None:
        """Somebody with another name, other roles, disabled or enabled again.

        Who is disabled is signed off everywhere; tokens of theirs are of no use until they are
        enabled again.

        Raises:
            Misfit: Nobody can have these roles.
            Unknown: There is no such person.
        """
        now_s = self.clock.now_s()
        with self._changing() as tx:
            if person_of(tx, person.id) is None:
                raise Unknown(person.id)
            change_person(tx, person)
            trace(tx, _changed(now_s, by, "person.changed", person))
            if person.disabled_at_s is not None:
                end_sessions(tx, person.id)

    def people(self) -> list[Person]:
        """Everybody."""
        with reader(self.engine).connect() as tx:
            return people(tx)

    def make_token(self, wanted: Wanted, by: str) -> Token:
        """A token; its text is shown once, now.

        Raises:
            NoScope, TooLong, TooMany: It cannot be made.
            Unknown: There is nobody for it.
        """
        with self.engine.begin() as tx:
            if person_of(tx, wanted.who) is None:
                raise Unknown(wanted.who)
            return make_token(tx, self.chance, wanted, now_s=self.clock.now_s(), by=by)

    def revoke_token(self, token_id: str, by: str) -> bool:
        """End a token now; whether there was one to end."""
        with self._changing() as tx:
            return revoke_token(tx, token_id, self.clock.now_s(), by)

    def tokens(self, who: str | None = None) -> list[Kept]:
        """The tokens of somebody, or of everybody."""
        with reader(self.engine).connect() as tx:
            return tokens(tx, who)

    def trail(self, limit: int, skip: int = 0) -> list[Trace]:
        """What was changed about people and tokens, newest first."""
        with reader(self.engine).connect() as tx:
            return trail(tx, limit, skip)

    def add_contact(self, contact: Contact, by: str) -> Contact:
        """An address to write to; the desk gives the id.

        Raises:
            Full: There is room for no other.
        """
        now_s = self.clock.now_s()
        made = contact._replace(id=new_id(self.chance), created_at_s=now_s)
        with self.engine.begin() as tx:
            made = add_contact(tx, made)
            trace(tx, Trace(now_s, by, "contact.added", made.id, made.party))
        return made

    def remove_contact(self, contact_id: str, *, by: str, party: str = "") -> bool:
        """Write there no more; one of a ``party`` if it is named. Whether there was one."""
        with self.engine.begin() as tx:
            found = contact_of(tx, contact_id)
            if found is None or (party and found.party != party):
                return False
            remove_contact(tx, contact_id)
            trace(tx, Trace(self.clock.now_s(), by, "contact.removed", contact_id, found.party))
        return True

    def contacts(self) -> list[Contact]:
        """Where letters go."""
        with reader(self.engine).connect() as tx:
            return contacts(tx)

    def forget(self) -> int:
        """Drop sessions, sign-ons and codes that are over; how many."""
        with self.engine.begin() as tx:
            return forget(tx, self.clock.now_s())


def _changed(at_s: int, by: str, did: str, person: Person) -> Trace:
    """What stands in the trail of a change: roles and party as they are now."""
    more = " ".join([*sorted(person.roles), *filter(None, [person.party])])
    if person.disabled_at_s is not None:
        more += " disabled"
    return Trace(at_s, by, did, person.id, more)
