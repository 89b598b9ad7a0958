"""The flags of a supplier's terms: of an offer, and of an order that a holder accepted."""

import argparse
from typing import Any

from offtake.cli.desk import whole

TERMS = {
    "gpus": ("N", "how many GPUs, or megawatts such as `50 MW`"),
    "price": ("MONEY", "per GPU-hour, such as $2.50"),
    "start": ("DATE", "when they are there; the start that is sought if absent"),
    "end": ("DATE", "until when; the end that is sought if absent"),
    "accelerator": ("KIND", "of which kind; the one that is sought, where there is one"),
    "region": ("REGION", "where"),
    "prepaid": ("SHARE", "paid in advance, such as 20%%"),
    "tranches": ("N", "in how many parts they come; 1 if absent"),
    "spacing": ("LENGTH", "from one part to the next, such as 30d"),
    "lead": ("LENGTH", "from the order to the first part, such as 90d"),
    "supplier": ("PARTY", "whose terms; your own if you are a supplier"),
}
NEEDED = ("gpus", "price")


def terms_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of terms."""
    for word, (metavar, says) in TERMS.items():
        parser.add_argument(f"--{word}", metavar=metavar, required=word in NEEDED, help=says)


def terms_of(given: argparse.Namespace) -> dict[str, Any]:
    """The terms that the flags say."""
    said = {word: getattr(given, word) for word in TERMS}
    if said["tranches"] is not None:
        said["tranches"] = whole(said["tranches"], "--tranches")
    return said
