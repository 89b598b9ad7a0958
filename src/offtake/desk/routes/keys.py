"""Parameters that many routes share."""

from typing import Annotated

from litestar.params import HeaderParameter, PathParameter, QueryParameter

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
    QueryParameter(max_length=100, description="`next` of the page before; absent: the first"),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most")]
PathNumber = Annotated[int, PathParameter(ge=0, le=10**9)]
