"""Who is asking: a person, by a session or by a token."""

from dataclasses import dataclass

from offtake.desk.access.act import Act
from offtake.desk.access.role import Role, misfit


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody whom the desk knows. ``party`` is empty for the buyer's own people.

    ``scopes`` narrow what the roles allow, for a token; None leaves the roles as they are.
    """

    id: str
    name: str
    roles: frozenset[Role]
    party: str = ""
    scopes: frozenset[Act] | None = None
    token_id: str = ""
    session_id: str = ""

    def __post_init__(self) -> None:
        assert not misfit(self.roles, self.party), self
        assert not (self.token_id and self.session_id), self
        assert self.scopes is None or self.token_id, self
