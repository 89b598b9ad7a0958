"""Which purpose each tenant of a trace serves, from a small YAML file.

``tenants: {cluster01: training}`` and ``default: research`` for all others.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from offtake.demand.columns import UnreadableTrace


def purposes_of(
    text: str, file: str, tenants: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    """The purpose of each tenant, in order.

    Raises:
        UnreadableTrace: Not such a file, an unknown purpose or tenant, or a tenant without one;
            all of them are named.
    """
    content = _content(text, file)
    default, named = content.get("default"), content.get("tenants") or {}
    wrong = [f"no section `{key}`" for key in content if key not in ("default", "tenants")]
    if not isinstance(named, dict):
        raise UnreadableTrace(file, "`tenants:` is not a mapping", "Write `tenant: purpose`.")
    wrong += [f"no tenant `{tenant}`" for tenant in named if tenant not in tenants]
    used = [*named.values(), *([default] if default is not None else [])]
    wrong += [f"no purpose `{purpose}`" for purpose in used if purpose not in known]
    if default is None:
        wrong += [f"no purpose for `{tenant}`" for tenant in tenants if tenant not in named]
    if wrong:
        remedy = f"Tenants: {', '.join(tenants[:12])}. Purposes: {', '.join(known)}."
        raise UnreadableTrace(file, "; ".join(dict.fromkeys(wrong)), remedy)
    return tuple(str(named.get(tenant, default)) for tenant in tenants)


def purposes_named(text: str, file: str) -> tuple[str, ...]:
    """The purposes that such a file names, where no portfolio says which there are.

    Raises:
        UnreadableTrace: Not such a file.
    """
    content = _content(text, file)
    tenants = content.get("tenants")
    words = [*(tenants.values() if isinstance(tenants, dict) else ()), content.get("default")]
    return tuple(dict.fromkeys(word for word in words if isinstance(word, str)))


def _content(text: str, file: str) -> dict[str, Any]:
    loader = yaml.BaseLoader(text)  # Words only, no objects.
    try:
        node = loader.get_single_node()
        content = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        raise UnreadableTrace(file, "this is not YAML", "Check its indentation.") from error
    finally:
        loader.dispose()
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        raise UnreadableTrace(file, "this is not a mapping", "Write `default: training`.")
    twice = list(_twice(node))
    if twice:
        raise UnreadableTrace(file, "; ".join(twice), "Only one can hold: keep that one.")
    return content


def _twice(node: yaml.MappingNode) -> Iterator[str]:
    """Keys that stand twice in the file or in one of its sections, with the lines of both."""
    sections = [value for _, value in node.value if isinstance(value, yaml.MappingNode)]
    for mapping in (node, *sections):
        first: dict[str, int] = {}
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if key.value in first:
                yield f"`{key.value}` in line {line} is already in line {first[key.value]}"
            first.setdefault(key.value, line)
