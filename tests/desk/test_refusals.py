"""What is refused on a page is said in the language of whoever reads it, whatever it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import offtake
from offtake.desk.pages.refusal import SAID, refusal, unusable
from offtake.desk.words import words_in

SOURCE = Path(offtake.__file__).parent
PLACES = (
    *("desk/act.py", "desk/desk.py", "desk/waiving.py", "desk/pages/plans.py"),
    *("sourcing/process.py", "sourcing/signing.py", "sourcing/submission.py"),
    *("sourcing/tranche.py",),
)
"""Where commands that a page can send are refused."""
ERRORS = {"Refused", "Unknown", "Stale", "NotThere"}
NEVER_SENT = {
    "a default is declared or cured",
    "use needs GPUs and a period",
    "use is recorded when its period is over",
}
"""Of commands that no page sends."""
EN, FR = words_in("en"), words_in("fr")


def refused() -> Iterator[str]:
    """Every sentence that a command is refused with, with a word or a number put in."""
    for place in PLACES:
        for node in ast.walk(ast.parse((SOURCE / place).read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in ERRORS and node.args:
                yield from _sentence(node.args[0])


def _sentence(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
        yield "".join(str(part) for part in parts)


def test_every_refusal_of_what_a_page_sends_is_said_in_both_languages() -> None:
    found = set(refused()) - NEVER_SENT
    composed = {text for text in found if re.fullmatch(r"7: nothing is due|tranche .* 7", text)}

    assert len(found) > 30
    for text in found - composed:
        assert refusal(text, FR)[1] == "", text
        assert refusal(text, EN)[0] != text, f"{text} has a capital and a full stop"


def test_what_a_page_says_puts_in_nothing_that_was_not_said() -> None:
    for said, says in SAID.items():
        assert set(re.findall(r"\{\w+\}", says)) <= set(re.findall(r"\{\w+\}", said)), said


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        (
            "20000 GPUs are not between 0 and the 15000 noticed",
            "20,000 GPUs are not between 0 and the 15,000 that were noticed.",
            "20\u202f000 GPU ne sont pas entre 0 et les 15\u202f000 notifiés.",
        ),
        (
            "requirement r: a notice comes first (a first refusal holds the lot (S2))",
            (
                "That is not what is next for r: a notice comes first "
                "(a first refusal holds the lot (S2))."
            ),
            (
                "Ce n'est pas la prochaine étape de r\u00a0: une notification doit précéder "
                "(un droit de premier refus retient le lot (S2))."
            ),
        ),
        (
            "requirement r is ordered: nothing is due",
            "There is nothing to do now for r: it is ordered.",
            "Il n'y a rien à faire maintenant pour r, dont l'état est\u00a0: commandé.",
        ),
        (
            "lot 3 was taken on other terms: price",
            "It was taken on other terms: the price is another.",
            "L'accord portait sur d'autres conditions\u00a0: le prix est un autre.",
        ),
    ],
)
def test_figures_and_reasons_inside_are_said_too(said: str, english: str, french: str) -> None:
    assert refusal(said, EN) == (english, "")
    assert refusal(said, FR) == (french, "")


def test_what_is_not_known_stays_english_and_is_marked_so() -> None:
    assert refusal("something new", FR) == ("something new", "en")
    assert refusal("something new", EN) == ("something new", "")
    assert unusable("something new", "Write less.", FR) == ("something new. Écrivez moins.", "en")
