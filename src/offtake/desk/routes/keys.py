"""Parameters that many routes share."""

from typing import Annotated

from litestar.params import HeaderParameter, Parameter

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=200,
        min_length=1,
        description="Makes a retry harmless: the same key and body get the first answer (S8).",
    ),
]
Cursor = Annotated[
    str | None,
    Parameter(max_length=100, description="`next` of the page before; absent: the first"),
]
Limit = Annotated[int, Parameter(ge=1, le=200, description="How many at most")]
