"""Messages say what they are about, and are known again by their ids."""

import json
import os

import msgspec
import pytest

from offtake.core.vocabulary import EventKind
from offtake.desk.message import (
    LIMIT_PAYLOAD_BYTES,
    SEALED,
    TOPIC_OF_EVENT,
    TOPICS,
    Attachment,
    Letter,
    message_id,
    opened,
    payload,
    posted,
)


def test_there_is_a_topic_for_everything_that_can_happen_but_for_sealed_offers() -> None:
    assert set(TOPIC_OF_EVENT) == set(EventKind) - SEALED
    assert len(TOPICS) == len(set(TOPICS))


def test_a_payload_is_what_standard_webhooks_recommends() -> None:
    body = payload("order.signed", 1_750_000_000, {"gpus": 64})
    assert json.loads(body) == {
        "type": "order.signed",
        "timestamp": "2025-06-15T15:06:40Z",
        "data": {"gpus": 64},
    }


def test_a_payload_of_no_topic_or_without_measure_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError):
        payload("order.sinned", 0, {})
    with pytest.raises(AssertionError):
        payload("order.signed", 0, {"why": "x" * LIMIT_PAYLOAD_BYTES})


def test_a_letter_is_kept_with_its_files() -> None:
    files = (Attachment("notice.pdf", "application/pdf", b"%PDF\x00\xff"),)
    letter = Letter(text="Dear all,", html="<p>Dear all,", attachments=files)
    assert opened(posted(letter)) == letter
    with pytest.raises(msgspec.DecodeError):
        opened(b"{}")


def test_an_id_is_known_again_and_follows_from_nothing() -> None:
    assert message_id(lambda length: bytes(range(length))) == "msg_aaaqeayeaudaocajbifqydio"
    assert len({message_id(os.urandom) for _ in range(1_000)}) == 1_000
