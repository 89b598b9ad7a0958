"""What clauses are about and when they are in force, by names and sets. Imports no offtake."""

from oracle.reading import PARENTS

SCOPE = {
    "accelerators": "accelerator",
    "regions": "region",
    "suppliers": "supplier",
    "assets": "asset",
}


def covered(terms, ask, *, permission, but=()):
    """Whether all that an ask says is in scope.

    What it leaves open is covered by what restricts, not by what permits.
    """
    for part, word in SCOPE.items():
        wanted = terms.get(part)
        if wanted is None:
            continue
        if permission if ask[word] is None else ask[word] not in wanted:
            return False
    if "asks" not in but and ask["act"] not in (terms.get("asks") or {"supply", "run", "use"}):
        return False
    if "capacity" not in but and terms.get("capacity", "any") not in ("any", ask["capacity"]):
        return False
    return for_purpose(terms, ask["purpose"], permission=permission)


def for_purpose(terms, purpose, *, permission):
    """Whether a purpose, or one above it in the tree, is among those named."""
    wanted = terms.get("purposes")
    if wanted is None:
        return True
    if purpose is None:
        return not permission
    while purpose is not None:
        if purpose in wanted:
            return True
        purpose = PARENTS.get(purpose)
    return False


def at_work(clause, ask, now):
    """D2: which version of a clause an ask meets."""
    term = range(clause["from"], clause["until"])
    signed = now in term
    runs = len(range(max(ask["start"], term.start), min(ask["end"], term.stop))) > 0
    if ask["act"] != "supply":
        return signed
    return {"signature": signed, "service": runs, "both": signed or runs}[clause["applies_to"]]


def version_at(world, clause, at):
    """The version of a clause in force at an instant, if there is one."""
    for other in world["clauses"]:
        if other["id"] == clause["id"] and at in range(other["from"], other["until"]):
            return other
    return None
