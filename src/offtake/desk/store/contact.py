"""Where letters go: addresses of each party, and of the buyer's own people, with their language."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from offtake.desk.access.role import Role
from offtake.desk.store.person import people
from offtake.desk.store.tables import METADATA
from offtake.desk.words import LANGUAGES, Language

LIMIT_CONTACTS, LIMIT_OF_PARTY = 1_000, 20
LIMIT_READERS = 50
"""How many are written to of one thing."""

CONTACTS = Table(
    "contacts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("party", Text, nullable=False),  # Empty: the buyer's own.
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    UniqueConstraint("party", "address"),
)


class Contact(NamedTuple):
    """An address of a party; of the buyer's own people where ``party`` is empty."""

    id: str
    party: str
    address: str
    language: Language
    created_at_s: int


class Full(ValueError):
    """There are ``LIMIT_CONTACTS`` contacts, or ``LIMIT_OF_PARTY`` of one party."""


def add_contact(tx: Connection, contact: Contact) -> Contact:
    """Add an address; one that the party has already stays, and takes the new language.

    Raises:
        Full: There is room for no other.
    """
    own = CONTACTS.c.party == contact.party
    same = own & (CONTACTS.c.address == contact.address)
    there = tx.execute(select(CONTACTS).where(same)).first()
    if there is not None:
        tx.execute(update(CONTACTS).where(same).values(language=contact.language))
        return contact._replace(id=there.id, created_at_s=there.created_at_s)
    count = select(func.count()).select_from(CONTACTS)
    if tx.execute(count).scalar_one() >= LIMIT_CONTACTS:
        raise Full(f"there are {LIMIT_CONTACTS} addresses; remove one first")
    if tx.execute(count.where(own)).scalar_one() >= LIMIT_OF_PARTY:
        raise Full(f"there are {LIMIT_OF_PARTY} addresses of this party; remove one first")
    tx.execute(insert(CONTACTS), contact._asdict())
    return contact


def remove_contact(tx: Connection, contact_id: str) -> bool:
    """Write there no more."""
    return tx.execute(CONTACTS.delete().where(CONTACTS.c.id == contact_id)).rowcount == 1


def contact_of(tx: Connection, contact_id: str) -> Contact | None:
    """A contact by its id."""
    return next((row for row in contacts(tx) if row.id == contact_id), None)


def contacts(tx: Connection) -> list[Contact]:
    """Every contact, by party, oldest first."""
    own = CONTACTS.c
    rows = tx.execute(select(CONTACTS).order_by(own.party, own.created_at_s, own.id))
    return [
        Contact(row.id, row.party, row.address, _language(row.language), row.created_at_s)
        for row in rows
    ]


def _language(text: str) -> Language:
    return next((code for code in LANGUAGES if code == text), "en")


Readers = dict[str, dict[str, Language]]
"""Languages by address, by party."""


def readers(tx: Connection, language: Language) -> Readers:
    """Who is written to: contacts, and people with an address who are not disabled.

    Of the buyer's people those who buy or approve. Whose address is no contact reads ``language``.
    """
    found: Readers = {}
    for person in people(tx):
        concerned = person.party or not person.roles.isdisjoint({Role.BUYER, Role.APPROVER})
        if person.email and concerned and person.disabled_at_s is None:
            found.setdefault(person.party, {})[person.email] = language
    for contact in contacts(tx):
        found.setdefault(contact.party, {})[contact.address] = contact.language
    return {party: dict(sorted(rows.items())[:LIMIT_READERS]) for party, rows in found.items()}
