"""Every reason code says what to do, and none is advised on that nobody gives."""

from offtake.clauses import KINDS
from offtake.desk.reasons import ADVICE, reasons


def test_every_reason_code_has_its_advice_and_no_other() -> None:
    given = {finding.reason for kind in KINDS.values() for finding in kind.findings}
    assert set(ADVICE) == given == set(reasons())
    assert all(text.endswith(".") for advice in ADVICE.values() for text in advice)
