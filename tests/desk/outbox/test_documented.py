"""The page on the outbox says what the outbox does."""

import json
import re
from pathlib import Path

from sqlalchemy import Engine

from desk.outbox.test_tell import endpoint, tell, told
from desk.stories import Story, submit
from offtake.desk import command as say
from offtake.desk.errands import KEEP_SENT_S
from offtake.desk.message import LIMIT_LETTER_BYTES, LIMIT_PAYLOAD_BYTES, TOPICS
from offtake.desk.outbox import DELAYS_S, Policy
from offtake.desk.store import contact, outbox, webhook
from offtake.desk.tell import LIMIT_WORDS

PAGE = (Path(__file__).resolve().parents[3] / "docs/reference/outbox.md").read_text("utf-8")


def test_every_topic_is_documented_and_no_other() -> None:
    assert sorted(re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)) == sorted(TOPICS)


def test_the_schedule_is_documented() -> None:
    def words(delay_s: int) -> str:
        if delay_s < 60:
            return f"{delay_s} s"
        return f"{delay_s // 60} min" if delay_s < 3_600 else f"{delay_s // 3_600} h"

    assert f"| after | {' | '.join(words(delay_s) for delay_s in DELAYS_S)} |" in PAGE


def test_limits_are_documented() -> None:
    policy = Policy()
    assert f"no answer within {policy.timeout_s} s" in PAGE
    assert f"arrive for {policy.grace_s} s" in PAGE
    assert f"by one for {policy.lease_s} s" in PAGE
    assert f"tried fewer than {outbox.TRIES_IN_ORDER} times" in PAGE
    assert f"At most {webhook.LIMIT_ENDPOINTS:,} endpoints" in PAGE
    assert f"At most {LIMIT_PAYLOAD_BYTES // 1024} KiB" in PAGE
    assert f"at most {outbox.LIMIT_BODY_BYTES // 1024**2} MiB" in PAGE
    assert f"at most {LIMIT_LETTER_BYTES // 1024**2} MiB" in PAGE
    assert f"At most {contact.LIMIT_OF_PARTY} addresses of a party" in PAGE
    assert f"{contact.LIMIT_CONTACTS:,} in all" in PAGE
    assert f"at most {contact.LIMIT_READERS} are written to" in PAGE
    assert f"The latest {outbox.LIMIT_DEAD:,} are kept" in PAGE
    assert f"forgotten after {KEEP_SENT_S // 86_400} days" in PAGE
    assert f"{webhook.LIMIT_OF_PARTY} of them\nof one party" in PAGE
    assert f"beyond {LIMIT_WORDS:,} letters" in PAGE


def test_the_payload_is_what_is_sent(engine: Engine) -> None:
    story = Story(engine, beside=tell)
    endpoint(engine, "notice.given")
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    ((_, payload),) = told(engine)
    shown = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    assert shown == payload
