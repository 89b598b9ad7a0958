"""Letters: who is written to of what, in which language, and what stands in none of them."""

import asyncio
import os
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from desk.access.worlds import AFTER, BEFORE, BY, Step, bid
from desk.documents.notices import pdf_text
from desk.outbox.post import Post
from desk.outbox.receivers import Mailed, Postbox
from desk.stories import ALPHA, Story, submit
from offtake.desk import command as say
from offtake.desk.access.role import Role
from offtake.desk.message import LIMIT_LETTER_BYTES, Attachment, Letter, opened, posted
from offtake.desk.store import outbox
from offtake.desk.store.contact import Contact, Full, add_contact, readers
from offtake.desk.store.engine import reader
from offtake.desk.store.outbox import Message
from offtake.desk.store.person import Person, add_person
from offtake.desk.tell import ByMail, Teller
from offtake.desk.transport import mail as transport
from offtake.desk.transport.mail import Mail, Server, Tls, composed
from offtake.desk.transport.outcome import Refused

DESK = "https://desk.example"
tell = Teller(os.urandom, ByMail(DESK))
GAMMAS = (bid("gamma", "2.83", "2025-03-08"),)


def knows(engine: Engine, *contacts: tuple[str, str, str]) -> None:
    """Addresses: party, address, language."""
    with engine.begin() as tx:
        for number, (party, address, language) in enumerate(contacts):
            add_contact(tx, Contact(f"c{number}", party, address, language, 0))  # type: ignore[arg-type]


def everybody(engine: Engine) -> None:
    knows(
        engine,
        ("", "ada@lab.example", "en"),
        *((name, f"desk@{name}.example", "en") for name in ("beta", "gamma", "delta")),
        ("alpha", "ann@alpha.example", "en"),
        ("alpha", "luc@alpha.example", "fr"),
    )


def told(engine: Engine, steps: tuple[Step, ...], then: str = "") -> None:
    story = Story(engine, portfolio="", beside=tell)
    for step in sorted(steps, key=lambda step: step.at):
        story.clock.set(step.at)
        story.does(step.command, step.by)
    if then:
        story.clock.set(then)
        story.writer.write([])


def sent(engine: Engine, **says: Any) -> list[Mailed]:
    """What a real mail server takes of all that waits."""
    post, postbox = Post(engine), Postbox(**says)

    async def deliver() -> None:
        async with postbox.open():
            server = Server("localhost", "desk@lab.example", postbox.port, Tls.NONE)
            post.clock.at_s = 2_000_000_000
            await post.deliverer({"email": Mail(server)}).once()

    asyncio.run(deliver())
    return postbox.taken


def by_reader(mailed: list[Mailed]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in mailed:
        found.setdefault(row.recipients[0], []).append(row.mail["subject"])
    return found


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_each_reader_is_written_to_of_their_own_matters(engine: Engine) -> None:
    everybody(engine)
    told(engine, (*BEFORE, *GAMMAS, *AFTER), "2025-09-10")
    subjects = by_reader(sent(engine))
    assert subjects == {
        "ann@alpha.example": ["Notice of first refusal · texas.1"],
        "luc@alpha.example": ["Notification au titre du droit de premier refus · texas.1"],
        "ada@lab.example": ["Refused: notice texas.1", "Offers are open: tender texas.1"],
        "desk@beta.example": [
            "Invitation to offer: tender texas.1",
            "Your offer was chosen: texas",
            "Order signed: texas.beta.1",
            "Late: tranche texas.1",
        ],
        "desk@gamma.example": [
            "Invitation to offer: tender texas.1",
            "Your offer was not chosen: tender texas.1",
        ],
    }


def test_a_notice_comes_complete_in_the_readers_language_with_its_file(engine: Engine) -> None:
    everybody(engine)
    told(engine, BEFORE[:3])
    english, french = sorted(sent(engine), key=lambda row: row.recipients)
    for mailed, due, file in (
        (english, "Answer before: Tuesday, April 1, 2025, 00:00 in UTC", "Page 1 of"),
        (french, "Réponse attendue avant le", "Page 1 sur"),
    ):
        mail = mailed.mail
        assert file in pdf_text(next(mail.iter_attachments()).get_content())
        assert due.split(":")[0] in body(mail)
        assert "64" in body(mail, "html")
        assert f'href="{DESK}/notices/texas.1"' in body(mail, "html")
        assert f"{DESK}/notices/texas.1" in body(mail)
        (attached,) = mail.iter_attachments()
        assert attached.get_filename() == "notice-texas.1.pdf"
        assert not mail.defects
    assert "TITLE-SAID" not in english.raw.decode() + french.raw.decode()


def test_a_loser_reads_nothing_of_the_winner(engine: Engine) -> None:
    everybody(engine)
    told(engine, (*BEFORE, *GAMMAS, *AFTER))
    gammas = [row for row in sent(engine) if row.recipients == ("desk@gamma.example",)]
    said = "".join(body(row.mail) + body(row.mail, "html") for row in gammas)
    assert "2.83 USD" in said
    for secret in ("beta", "Beta", "2.71", "WHY-SAID", "Ada", "3.17", "TITLE-SAID"):
        assert secret not in said


def test_a_lapse_is_written_to_both_sides(engine: Engine) -> None:
    everybody(engine)
    told(engine, BEFORE[:3], "2025-04-07")
    subjects = by_reader(sent(engine))
    assert subjects["ada@lab.example"] == ["Lapsed: notice texas.1"]
    assert subjects["ann@alpha.example"][1:] == ["Lapsed: notice texas.1"]
    assert subjects["luc@alpha.example"][1] == "Délai écoulé : notification texas.1"


def test_an_acceptance_is_written_to_the_buyer_with_what_was_taken(engine: Engine) -> None:
    everybody(engine)
    answer = say.Answer(requirement="texas", gpus=24, signed="A. Alpha")
    told(engine, (*BEFORE[:3], Step("2025-03-05", BY["alpha"], answer)))
    (mailed,) = (row for row in sent(engine) if row.recipients == ("ada@lab.example",))
    assert mailed.mail["subject"] == "Accepted: notice texas.1"
    assert "Accepted: 24" in body(mailed.mail)
    assert "alpha has accepted" in body(mailed.mail)


def test_people_with_an_address_are_written_to_if_it_is_theirs_to_know(engine: Engine) -> None:
    people = (
        ("buys@lab.example", {Role.BUYER}, "", None),
        ("approves@lab.example", {Role.APPROVER, Role.FINANCE}, "", None),
        ("finance@lab.example", {Role.FINANCE}, "", None),
        ("manages@lab.example", {Role.ADMINISTRATOR}, "", None),
        ("left@lab.example", {Role.BUYER}, "", 7),
        ("sells@alpha.example", {Role.SUPPLIER}, "alpha", None),
        ("", {Role.SUPPLIER}, "alpha", None),
    )
    with engine.begin() as tx:
        for number, (email, roles, party, disabled_at_s) in enumerate(people):
            row = Person(f"p{number}", "Name", frozenset(roles), party, email)
            add_person(tx, row._replace(disabled_at_s=disabled_at_s))
        add_contact(tx, Contact("c", "alpha", "sells@alpha.example", "fr", 0))
        found = readers(tx, "en")
    assert found == {
        "": {"approves@lab.example": "en", "buys@lab.example": "en"},
        "alpha": {"sells@alpha.example": "fr"},
    }


def test_without_a_mail_server_nothing_is_written(engine: Engine) -> None:
    everybody(engine)
    story = Story(engine, beside=Teller(os.urandom))
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    with reader(engine).connect() as tx:
        assert outbox.listed(tx) == []


def test_a_letter_is_kept_without_its_file_so_that_a_command_need_not_wait(engine: Engine) -> None:
    everybody(engine)
    story = Story(engine, beside=tell)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    with reader(engine).connect() as tx:
        bodies = [outbox.message(tx, row.id).body for row in outbox.listed(tx)]
    assert len(bodies) == 2
    for one in bodies:
        assert len(one) < 50_000
        assert opened(one).attachments == ()
        assert opened(one).notice is not None


def test_a_notice_that_is_far_too_long_is_told_of_by_its_address(engine: Engine) -> None:
    everybody(engine)
    words = "x" * (LIMIT_LETTER_BYTES // 3)
    portfolio = PORTFOLIO_LONG % words
    story = Story(engine, portfolio=portfolio, beside=tell)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    with reader(engine).connect() as tx:
        bodies = [outbox.message(tx, row.id).body for row in outbox.listed(tx)]
    assert {len(one) < 1_000 for one in bodies} == {True}
    assert f"{DESK}/notices/r.1" in opened(bodies[0]).text


PORTFOLIO_LONG = """
currency: USD
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1.3 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, window: 30d, says: %s}
"""


def test_a_letter_beyond_the_limit_of_the_wire_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LIMIT_MAIL_BYTES", 500)
    message = Message("m", 0, "t", "email", "a@b.example", posted(Letter(text="x" * 600)))
    server = Server("localhost", "desk@lab.example", 1, Tls.NONE)
    assert isinstance(asyncio.run(Mail(server).send(message, 0)), Refused)


def test_no_party_fills_the_list_of_addresses(engine: Engine) -> None:
    rows = [(f"c{n}", "alpha", f"{n}@alpha.example") for n in range(20)]
    with engine.begin() as tx:
        for name, party, address in rows:
            add_contact(tx, Contact(name, party, address, "en", 0))
        add_contact(tx, Contact("again", "alpha", "3@alpha.example", "fr", 0))
        assert readers(tx, "en")["alpha"]["3@alpha.example"] == "fr"
    with engine.begin() as tx, pytest.raises(Full, match="20 addresses"):
        add_contact(tx, Contact("more", "alpha", "more@alpha.example", "en", 0))


HOSTILE = st.text(
    st.sampled_from('a \r\n\0\x0b\x85\u2028:=?utf-8q<>@,;"\\Bcé\u202e') | st.characters(),
    max_size=60,
)


@given(subject=HOSTILE, name=HOSTILE, file=HOSTILE)
def test_no_name_or_subject_adds_a_header_or_a_reader(subject: str, name: str, file: str) -> None:
    made = Letter(text="x", attachments=(Attachment(file, "application/pdf", b"%PDF"),))
    made = msgspec.json.decode(_kept(made), type=Letter)
    message = Message("msg_a", 0, "t", "email", "a@b.example", posted(made), subject)
    mail = composed(message, Server("h", "desk@lab.example", sender_name=name))
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    names = [row.split(b":")[0] for row in head.split(b"\r\n") if row[:1] not in (b" ", b"\t")]
    assert sorted(names) == sorted(
        *[
            [
                *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted"),
                *(b"MIME-Version", b"Content-Type"),
            ]
        ]
    )
    assert b"\r" not in head.replace(b"\r\n", b"")
    assert b"\n" not in head.replace(b"\r\n", b"")


def _kept(letter: Letter) -> bytes:
    """As the outbox keeps it; a text that is no Unicode never gets there."""
    try:
        return posted(letter)
    except UnicodeEncodeError:
        plain = Attachment("x", "application/pdf", b"%PDF")
        return posted(Letter(text="x", attachments=(plain,)))


def test_names_of_parties_with_lines_in_them_stay_in_the_body(engine: Engine) -> None:
    everybody(engine)
    evil = PORTFOLIO_LONG % "x"
    name = '"Lab\\r\\nBcc: eve@evil.example\\r\\n\\r\\n<script>"'
    evil = evil.replace("lab: {", f"lab: {{name: {name}, ")
    story = Story(engine, portfolio=evil, beside=tell)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.does(say.Answer(requirement="r", gpus=0, signed="x\r\nBcc: eve@evil.example"), ALPHA)
    story.does(say.Tender(requirement="r", invite=("beta",)))
    mailed = sent(engine)
    assert len(mailed) == 4
    for row in mailed:
        assert len(row.recipients) == 1
        assert "eve" not in row.recipients[0]
        assert row.mail["bcc"] is None
        assert "<script>" not in body(row.mail, "html")
