"""One person of every role, and data of every resource."""

from typing import Any

from offtake.desk.access.field import RESOURCES
from offtake.desk.access.role import Role
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who


def who(role: Role, party: str = "alpha", **more: Any) -> Who:
    """Somebody of one role; suppliers are alpha's, if nothing else is said."""
    own = party if role == Role.SUPPLIER else ""
    return Who(f"u-{role}", role.title(), frozenset({role}), own, **more)


EVERYBODY = {role: who(role) for role in Role}
ALPHAS = About(frozenset({"alpha"}), opened=True)
SEALED = About(frozenset({"alpha"}), opened=False)


def example(resource_name: str, **more: Any) -> dict[str, Any]:
    """Data of a resource with something in every field, all of it concerning alpha."""
    resource = RESOURCES[resource_name]
    data: dict[str, Any] = {name: f"{resource_name} {name}" for name in resource.fields}
    for name, held in resource.holds.items():
        inner = example(held)
        data[name] = inner if held == "obligation" else [inner]
    if resource.own:
        data[resource.own] = "alpha"
    if resource.opened:
        data[resource.opened] = True
    if resource_name == "journal":
        data["command"] = {"do": "notice", "requirement": "r"}
        data["events"] = [{"event": "notice_given", "price": "$2"}]
    if resource_name == "finding":
        data["reason"] = "WindowOpen"
    return {**data, **more}
