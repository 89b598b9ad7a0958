"""What contracts mean: one file per kind. Codes are permanent; a new kind is one line here."""

from offtake.clauses import (
    build_right,
    concentration_cap,
    delivery,
    exclusivity,
    first_refusal,
    ip_licence,
    most_favored,
    option,
    prepayment,
    rate_card,
    revenue_share,
    service_credit,
    take_or_pay,
    waiver,
)
from offtake.core.vocabulary import ClauseType

KINDS: dict[str, ClauseType] = {
    kind.name: kind
    for kind in (
        exclusivity.CLAUSE,
        first_refusal.CLAUSE,
        waiver.CLAUSE,
        build_right.CLAUSE,
        take_or_pay.CLAUSE,
        rate_card.CLAUSE,
        revenue_share.CLAUSE,
        ip_licence.CLAUSE,
        delivery.CLAUSE,
        prepayment.CLAUSE,
        service_credit.CLAUSE,
        most_favored.CLAUSE,
        option.CLAUSE,
        concentration_cap.CLAUSE,
    )
}
