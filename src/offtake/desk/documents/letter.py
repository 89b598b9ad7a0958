"""A notice laid out in a language: what all its forms show, in the order they show it."""

from typing import NamedTuple

from offtake.desk.documents.notice import NoticeDocument, Offered
from offtake.desk.words import Language, Words, later
from offtake.units.time import FOREVER_S


class Row(NamedTuple):
    """One thing a letter says. ``key`` is its name in every language."""

    key: str
    label: str
    value: str

    @property
    def is_link(self) -> bool:
        """Whether the value is an address that can be followed."""
        return self.value.startswith(("https://", "http://")) and " " not in self.value


class Part(NamedTuple):
    """Some rows under a title, with a sentence before them where they need one."""

    title: str
    rows: tuple[Row, ...]
    lead: str = ""


class Letter(NamedTuple):
    """A letter in words. ``call`` is what the reader must not miss, ``aside`` what it adds.

    ``at_s`` is its instant, in UTC seconds; ``foot`` stands on every page.
    """

    language: Language
    title: str
    lead: str
    heads: tuple[Row, ...]
    call: Row
    asides: tuple[str, ...]
    parts: tuple[Part, ...]
    foot: str
    at_s: int


TITLES = {
    ("offer_first", False): later("Notice of first refusal"),
    ("offer_first", True): later("Renewed notice of first refusal"),
    ("matching", False): later("Notice of an offer to match"),
    ("matching", True): later("Renewed notice of an offer to match"),
}
LEADS = {
    ("offer_first", False): later(
        "{buyer} offers this capacity to {holder} first, as the clause below asks. Until an "
        "answer is given or due, nobody else may be contracted for it."
    ),
    ("offer_first", True): later(
        "{buyer} offers this capacity to {holder} once more, as the clause below asks: the time "
        "in which others might be contracted is over, or the terms have changed. Until an "
        "answer is given or due, nobody else may be contracted for it."
    ),
    ("matching", False): later(
        "{buyer} shows {holder} the offer below, which {holder} may match under the clause named. "
        "Until an answer is given or due, nobody else may be contracted for this capacity."
    ),
    ("matching", True): later(
        "{buyer} shows {holder} another offer for this capacity, which {holder} may match under "
        "the clause named. Until an answer is given or due, nobody else may be contracted for it."
    ),
}
FORMS = {
    "offer_first": later("asked before the market"),
    "matching": later("shown the best offer, which it may match"),
}

LEFT = {
    "offer_first": later(
        "Others may then be contracted for what is left, on terms no better for them than these. "
        "On better terms, or later, it must be offered to {holder} again."
    ),
    "matching": later(
        "Only the offer shown may then be taken, on terms no better for its supplier than these. "
        "On better terms, or later, {holder} must be asked again."
    ),
}


def letter(notice: NoticeDocument, words: Words) -> Letter:
    """A notice as people read it, in the language of the words."""
    form, answering = (notice.right.form, notice.again), notice.answering
    zone, due_s = answering.calendar.zone, answering.due_at_s
    title = words(TITLES[form])
    due = words.weekday(due_s, zone)
    utc = (words("This is {instant}.", instant=words.instant(due_s)),) if zone != "UTC" else ()
    return Letter(
        language=words.language,
        title=title,
        lead=words(LEADS[form], buyer=notice.buyer, holder=notice.holder),
        heads=(
            Row("buyer", words("From"), notice.buyer),
            Row("holder", words("To"), notice.holder),
            Row("notice", words("Notice"), notice.notice),
            Row("received", words("Received"), words.with_utc(answering.received_at_s, zone)),
        ),
        call=Row("due", words("Answer before"), due),
        asides=(*utc, words("Silence until then is a lapse: it has the effect of a refusal.")),
        parts=(
            _what(notice.offered, words),
            _answer(notice, words),
            _taken(notice, words),
            _left(notice, words),
            _under(notice, words),
        ),
        foot=f"{title} · {notice.notice}",
        at_s=answering.received_at_s,
    )


def _what(offered: Offered, words: Words) -> Part:
    figures, anything = words.figures, words("any")
    requirement = ", ".join(filter(None, (offered.requirement, offered.requirement_title)))
    price = figures.money(offered.price_micros_per_gpu_h, offered.currency)
    rows = [
        Row("requirement", words("Requirement"), requirement),
        Row("purpose", words("Purpose"), offered.purpose),
        Row("accelerators", words("Accelerator"), words.either(offered.accelerators or [anything])),
        Row("gpus", words("GPUs"), _gpus(offered, words)),
        Row("regions", words("Region"), words.either(offered.regions or [anything])),
        Row("start", words("Start"), words.instant(offered.start_s)),
        Row("end", words("End"), words.instant(offered.end_s)),
        Row("term", words("Term"), words.lasting(offered.term_s)),
        Row("price", words("Price"), words("{price} per GPU-hour", price=price)),
        Row("prepaid", words("Prepaid"), _prepaid(offered, words)),
        Row("rent", words("Rent"), _rent(offered, words)),
        Row("terms", words("These terms"), _terms(offered, words)),
    ]
    if offered.tranches > 1:
        rows.append(Row("tranches", words("Delivery"), _tranches(offered, words)))
    return Part(words("What is offered"), tuple(rows))


def _gpus(offered: Offered, words: Words) -> str:
    if offered.gpus < offered.of_gpus:
        return words("{gpus} of {of} still sought", gpus=offered.gpus, of=offered.of_gpus)
    return words.figures.number(offered.gpus)


def _prepaid(offered: Offered, words: Words) -> str:
    if offered.prepaid_ppm == 0:
        return words("nothing")
    return words("{share} of the rent", share=words.figures.share(offered.prepaid_ppm))


def _rent(offered: Offered, words: Words) -> str:
    rent = words.figures.money(offered.rent_micros, offered.currency)
    return words("{rent} for all GPUs over the whole term", rent=rent)


def _terms(offered: Offered, words: Words) -> str:
    if not offered.shows_offer:
        return words("are those of the requirement")
    if not offered.offeror:
        return words("are those of the best offer received")
    return words("are those of the offer of {offeror}", offeror=offered.offeror)


def _tranches(offered: Offered, words: Words) -> str:
    every = words.lasting(offered.spacing_s)
    return words("in {count} tranches, one every {length}", count=offered.tranches, length=every)


def _answer(notice: NoticeDocument, words: Words) -> Part:
    answering, gpus = notice.answering, notice.offered.gpus
    whole = words.plural(gpus, "the {count} GPU", "all {count} GPUs")
    if answering.least_gpus < gpus:
        whole = words(
            "{whole}, or a part of at least {least}", whole=whole, least=answering.least_gpus
        )
    window = words("as agreed for this notice")
    if answering.window is not None:
        window = words("{length} from receipt", length=words.length(answering.window))
    return Part(
        words("The answer"),
        (
            Row("window", words("Window"), window),
            Row("calendar", words("Days are counted"), words.counting(answering.calendar)),
            Row("least", words("May be accepted"), whole),
            Row("answer_at", words("Where to answer"), answering.answer_at),
        ),
        words("The holder may accept or refuse. The first answer before the due instant counts."),
    )


def _taken(notice: NoticeDocument, words: Words) -> Part:
    """Until when an acceptance is to be signed (FR10)."""
    following = notice.following
    due = words("within {length} of the acceptance", length=words.length(following.negotiation))
    latest = words.with_utc(following.order_due_at_s, notice.answering.calendar.zone)
    return Part(
        words("If it is accepted"),
        (
            Row("negotiation", words("Order signed"), due),
            Row("order_due", words("At the latest"), words("before {instant}", instant=latest)),
        ),
        words("An acceptance without a signed order by then counts as a refusal at that instant."),
    )


def _left(notice: NoticeDocument, words: Words) -> Part:
    """What others may have (FR7), and for how long."""
    following = notice.following
    until = words.with_utc(following.free_until_at_s, notice.answering.calendar.zone)
    lead = words(LEFT[notice.right.form], holder=notice.holder)
    return Part(
        words("If it is refused, or nobody answers"),
        (
            Row("free_window", words("For how long"), words.length(following.free_window)),
            Row("free_until", words("After silence"), words("before {instant}", instant=until)),
            *_most(notice, words),
        ),
        lead,
    )


def _most(notice: NoticeDocument, words: Words) -> tuple[Row, ...]:
    """The best terms that others may have, each worked out (FR7)."""
    following, offered, share = notice.following, notice.offered, words.figures.share
    price = words(
        "at most {price} per GPU-hour ({share} more)",
        price=words.figures.money(notice.price_most_micros_per_gpu_h, offered.currency),
        share=share(following.price_tolerance_ppm),
    )
    prepaid = words("nothing")
    if offered.prepaid_ppm:
        prepaid = words("at most {share}", share=share(offered.prepaid_ppm))
    gpus = words(
        "at most {share} more than what is left", share=share(following.quantity_tolerance_ppm)
    )
    start = words("at the latest {instant}", instant=words.instant(following.start_until_at_s))
    term = words(
        "at most {length} ({share} longer)",
        length=words.lasting(notice.term_most_s),
        share=share(following.term_tolerance_ppm),
    )
    return (
        Row("price_most", words("Price for others"), price),
        Row("prepaid_most", words("Prepaid to others"), prepaid),
        Row("gpus_most", words("GPUs from others"), gpus),
        Row("start_most", words("Start by others"), start),
        Row("term_most", words("Term with others"), term),
    )


def _under(notice: NoticeDocument, words: Words) -> Part:
    right = notice.right
    ends = words("with no end agreed")
    if right.until_s < FOREVER_S:
        ends = words("until {instant}", instant=words.instant(right.until_s))
    agreement = ", ".join(filter(None, (right.agreement, right.agreement_title)))
    rows = [
        Row("agreement", words("Agreement"), agreement),
        Row(
            "clause",
            words("Clause"),
            words("{clause}, right of first refusal", clause=right.clause),
        ),
        Row("form", words("Form"), words(FORMS[right.form])),
        Row("until", words("In force"), ends),
    ]
    if right.says:
        rows.append(Row("says", words("In words"), right.says))
    if right.source:
        rows.append(Row("source", words("Source"), right.source))
    return Part(words("The right"), tuple(rows))
