"""What a command was refused for, in the words of whoever sent it from a page.

The core and the desk say it in English, with figures in it; programs get it as it is. Here it is
read back, and said for people: without numbers of lots, which they never see.
"""

import re
from functools import cache

from offtake.desk.pages.terms import because, say
from offtake.desk.words import Words, later

SAID: dict[str, str] = {
    # What is not there, or is no more as it was seen.
    "there is no such thing": later("There is no such thing, or it is not yours to see."),
    "there is no requirement {name}": later("There is no requirement {name}."),
    "there is no order {number}": later("There is no order {number}."),
    "there is no permit {name}": later("There is no permit {name}."),
    "there is no right {name} to waive": later("There is no right {name} to waive."),
    "there is no lot {number}": later("There is no such requirement any more."),
    "there is no tranche {tranche} of an order {number}": later("There is no such delivery."),
    "no portfolio has been adopted": later("No portfolio has been adopted yet."),
    "there is a requirement {name} already": later("There is a requirement {name} already."),
    "lot {number} exists": later("There is such a requirement already."),
    "requirement {name} has changed: look at it again": later(
        "Requirement {name} has changed since you saw it: look at it again."
    ),
    "permit {name} has changed: look at it again": later(
        "Permit {name} has changed since you saw it: look at it again."
    ),
    # Notices and answers.
    "notice {name} is not the one that is open": later(
        "Notice {name} is not the one that is open."
    ),
    "lot {number} has no open notice": later(
        "No notice is open here any more: it was answered, has lapsed, or the requirement changed."
    ),
    "{gpus} GPUs are not between 0 and the {most} noticed": later(
        "{gpus} GPUs are not between 0 and the {most} that were noticed."
    ),
    "{clause} does not let its holder take {gpus} GPUs (FR6)": later(
        "{clause} does not let its holder take {gpus} GPUs of these (FR6)."
    ),
    "requirement {name} is {word}: nothing is due": later(
        "There is nothing to do now for {name}: it is {word}."
    ),
    "requirement {name}: {step}": later("That is not what is next for {name}: {step}."),
    "requirement {name}: {step} ({why})": later(
        "That is not what is next for {name}: {step} ({why})."
    ),
    # Tenders and offers.
    "{name} may not be invited: a clause denies it, or it is no supplier": later(
        "{name} may not be invited: a clause denies it, or it is no supplier (S3)."
    ),
    "requirement {name} has no open tender for this supplier": later(
        "No tender of {name} is open to this supplier: it has closed, or did not invite it (S3)."
    ),
    "lot {number} has no open tender": later("The tender has closed: no offer counts now (S3)."),
    "an offer needs GPUs, a period and a price": later(
        "An offer needs GPUs, a period and a price."
    ),
    # Awards and orders.
    "lot {number} has no closed tender to award": later("No closed tender is to be awarded here."),
    "an award names each chosen supplier once": later(
        "An award names each chosen supplier once, and one at least."
    ),
    "a choice that differs from the one at least cost needs a reason (S4)": later(
        "A choice that differs from the one at least cost needs a reason (S4)."
    ),
    "no more than {most} GPUs of lot {number} are open (S7)": later(
        "No more than {most} GPUs are still open (S7)."
    ),
    "lot {number} may not be awarded so: {clauses}": later(
        "It may not be awarded so: {clauses} does not permit it."
    ),
    "lot {number} has no offer of that supplier": later("There is no offer of that supplier."),
    "{gpus} GPUs are not between 1 and the {most} offered (S7)": later(
        "{gpus} GPUs are not between 1 and the {most} offered (S7)."
    ),
    "the offer does not fit lot {number}: {why}": later("The offer does not fit: {why}."),
    "lot {number} has no award to take back": later("There is no award to take back."),
    "taking an award back needs a reason": later("Taking an award back needs a reason."),
    "{gpus} GPUs are more than the {most} accepted or awarded": later(
        "{gpus} GPUs are more than the {most} that were accepted or awarded."
    ),
    "lot {number} was taken on other terms: {why}": later("It was taken on other terms: {why}."),
    "lot {number} may not be ordered yet: {clauses}": later(
        "It may not be ordered yet: {clauses} does not permit it (D2)."
    ),
    "lot {number} has no acceptance or award of this supplier to sign": later(
        "There is no acceptance or award of this supplier to sign."
    ),
    "the acceptance of lot {number} has fallen (FR10)": later(
        "The acceptance has fallen: no order was signed in time (FR10)."
    ),
    "{supplier} has no award of {name} to sign": later(
        "{supplier} has no award of {name} to sign."
    ),
    "tranche {tranche} of order {number} has come or was ended": later(
        "This delivery has come, or was ended."
    ),
    "tranche {tranche} of order {number} is not late": later("This delivery is not late."),
    "canceling a tranche needs a reason": later("Ending a delivery needs a reason."),
    # Requirements.
    "a requirement needs GPUs and a period": later("A requirement needs GPUs and a period."),
    "another purpose is another requirement: submit it, and withdraw this one": later(
        "Another purpose is another requirement: raise it, and withdraw this one."
    ),
    "{gpus} GPUs of lot {number} are ordered: ask for more, or withdraw": later(
        "{gpus} GPUs of it are ordered: ask for more, or withdraw it."
    ),
    "lot {number} is {word}: it can change no more": later("It is {word}: it can change no more."),
    "lot {number} is {word}": later("It is {word} already."),
    # Words of a form, and what to write instead.
    "`{text}` is not in the portfolio": later("`{text}` is not in the portfolio"),
    "is not in the portfolio": later("This is not in the portfolio"),
    "is not after the start": later("This is not after the start"),
    "Give a later end.": later("Give a later end."),
    "0 GPUs are none": later("0 GPUs are none"),
    "Write a positive number.": later("Write a positive number."),
    "is in {currency}; the portfolio is in {own}": later(
        "This is in {currency}, and the portfolio is in {own}"
    ),
    "Convert it at a stated rate.": later("Convert it at a stated rate."),
    "{gpus} GPUs cannot come in so many": later("{gpus} GPUs cannot come in so many deliveries"),
    "Give fewer.": later("Give fewer."),
    "is nothing, or above a year": later("This is nothing, or above a year"),
    "Write `14d`, say.": later("Write `14d`, say."),
    "Did you mean `{name}`?": later("Did you mean `{name}`?"),
    "Use one of: {names}.": later("Use one of: {names}."),
    "None is declared here.": later("None is declared here."),
    "is no mail address": later("This is no mail address"),
    "Write it as ada@example.org.": later("Write it as ada@example.org."),
    "is no party": later("This is no party"),
    "Name one of the portfolio, or none.": later("Name one of the portfolio, or none."),
    "cannot be read": later("This cannot be read"),
    "Write it as https://host/path.": later("Write it as https://host/path."),
    "goes where the desk does not send": later("This goes where the desk does not send"),
    "Begin with {start}.": later("Begin with {start}."),
    "Pick one of the list.": later("Pick one of the list."),
    "Write `2026-05-01`.": later("Write `2026-05-01`."),
    "`{text}` is not a number of GPUs": later("`{text}` is not a number of GPUs"),
    "`{text}` is not a percentage such as `{one}`": later("`{text}` is not a percentage"),
    "`{text}` is above 100%": later("`{text}` is above 100%"),
    "`{text}` is not an amount of money": later("`{text}` is not an amount of money"),
    "`{text}` names no currency": later("`{text}` names no currency"),
    "`{text}` is not a date such as `{one}`": later("`{text}` is not a date"),
    "`{text}` is not a duration such as `{one}` or `{two}`": later(
        "`{text}` is not a length of time"
    ),
    "Write an amount such as `$30B` or `2.50 USD`.": later("Write `$2.50` or `2.50 USD`."),
    "Write `30d`, `24h`, `6mo` or `10 business days`.": later("Write `30d`, `24h` or `6mo`."),
    "Write a percentage from `0%` to `100%`.": later("Write a percentage from `0%` to `100%`."),
    "Write `2025-01-21` or `2025-01-21T17:00:00-05:00`.": later("Write `2025-01-21`."),
    "Write GPUs (`64000`) or power (`1.2 GW`).": later("Write `64000`, or a power: `1.2 GW`."),
    "letter {place} is a control character ({code})": later(
        "Letter {place} is a control character ({code})"
    ),
    "Write it without.": later("Write it without."),
    "has more than {limit} letters": later("This has more than {limit} letters"),
    "Write less.": later("Write less."),
    # The shape of a form.
    "Expected `int`, got `{other}`": later("Write a whole number."),
    "Expected `int | str`, got `{other}`": later("Write a number."),
    "Expected `str` of length >= {least}": later("This is needed."),
    "Expected `str` of length <= {limit}": later("This has more than {limit} letters."),
    "Expected `int` >= {least}": later("Write {least} at least."),
    "Expected `int` <= {most}": later("Write {most} at most."),
}
"""What the page says, by what the core said; the latter has all that the former puts in."""
UNFIT = {
    "price": later("the price is another"),
    "prepayment": later("more would be paid in advance"),
    "accelerator": later("the accelerator is another"),
    "start or term": later("the start or the term is another"),
    "no supply": later("nothing of it can be used"),
    "price limit": later("its price is above the limit"),
    "too late": later("it comes too late"),
}
"""Why an offer does not fit, in a word of the core."""
STEPS = {
    "a notice comes first": later("a notice comes first"),
    "a tender is next": later("a tender is next"),
    "nobody can supply it": later("nobody can supply it"),
    "an award is next": later("an award is next"),
}


def refusal(text: str, words: Words) -> tuple[str, str]:
    """What was refused, for people, and its language: empty if it is theirs."""
    for pattern, says in _patterns():
        if found := pattern.fullmatch(text):
            given = {name: _value(name, value, words) for name, value in found.groupdict().items()}
            return words(says, **given), ""
    return text, "" if words.language == "en" else "en"


def unusable(says: str, remedy: str, words: Words) -> tuple[str, str]:
    """What is wrong with a word and what to write instead, with its language."""
    (first, other), (then, another) = refusal(says, words), refusal(remedy, words)
    return f"{first}. {then}", other or another


def _value(name: str, text: str, words: Words) -> str:
    match name:
        case "why":
            return words(UNFIT[text]) if text in UNFIT else because(text, words)
        case "word":
            return say(text, words)
        case "step":
            return words(STEPS[text]) if text in STEPS else text
        case "gpus" | "most" | "limit" if text.isascii() and text.isdigit():
            return words.figures.number(int(text))
    return text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What finds the figures in what was said; the longest first, for it says the most."""
    found = []
    for said in sorted(SAID, key=len, reverse=True):
        parts = re.split(r"\{(\w+)\}", said)
        text = "".join(
            f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)
        )
        found.append((re.compile(text, re.DOTALL), SAID[said]))
    return tuple(found)
