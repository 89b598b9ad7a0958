"""The tables as they are meant, written down a second time by hand.

Columns: b buyer, p approver, e engineer, f finance, a auditor, s supplier, m administrator.
"""

from offtake.desk.access.role import Role

COLUMNS = {
    "b": Role.BUYER,
    "p": Role.APPROVER,
    "e": Role.ENGINEER,
    "f": Role.FINANCE,
    "a": Role.AUDITOR,
    "s": Role.SUPPLIER,
    "m": Role.ADMINISTRATOR,
}

ACTS = """
bpefa--  requirement.read
b-e----  requirement.submit
b------  requirement.change
b------  requirement.withdraw
b------  requirement.give_up
bpefas-  notice.read
b------  notice.give
b----s-  notice.answer
bpefas-  tender.read
b------  tender.open
b----s-  tender.bid
-p-----  tender.close
bp-fas-  offer.read
-p-----  award.confirm
-p-----  award.cancel
bpefas-  order.read
-p-----  order.sign
b-e----  tranche.record
-p-----  tranche.cancel
-p-----  party.default
--ef---  usage.record
bpefa--  ask.decide
bpefas-  decision.read
bpefa--  permit.read
b-e----  permit.issue
--e----  permit.draw
bpe----  permit.revoke
bpefas-  waiver.read
-p---s-  waiver.give
bpefa--  portfolio.read
bp-----  portfolio.propose
-p-----  portfolio.adopt
bpefas-  commitment.read
bpefas-  deadline.read
bp-fa--  journal.read
bp--a-m  outbox.read
b-----m  outbox.retry
bp--asm  webhook.read
b----s-  webhook.manage
bp--asm  contact.read
b----sm  contact.manage
------m  metrics.read
bpefasm  token.own
----a-m  token.read
------m  token.manage
----a-m  people.read
------m  people.manage
"""

FIELDS = """
requirement
bpefa--  requirement title status purpose gpus open_gpus start end accelerators regions
bpefa--  latest_start smallest_lot own by at version rounds tenders orders decisions deadlines
bp-fa--  price_limit awards why
notice
bpefas-  notice requirement holder agreement clause purpose accelerator region gpus start end
bpefas-  given_at due outcome answered_at accepted_gpus order_due
bp-fas-  price prepaid signed
bpefa--  of free_until start_until
bp-fa--  offeror
tender
bpefas-  tender requirement purpose accelerators regions gpus start end smallest_lot
bpefas-  opened_at closes_at status opened
bp-fas-  bids
bp-fa--  invited
offer
bp-fas-  offer requirement tender supplier gpus price start end accelerator region prepaid
bp-fas-  tranches spacing lead made_at outcome taken_gpus
bp-fa--  rank cost why
award
bp-fas-  requirement supplier gpus price start end accelerator region prepaid at
bp-fa--  by why cost
order
bpefas-  name requirement supplier purpose accelerator region gpus start end
bpefas-  signed_at status tranches
bp-fas-  price prepaid total
bpefa--  order
bp-fa--  why
tranche
bpefas-  name tranche requirement supplier gpus due status delivered_at ended_at
bpefa--  order
bp-fas-  why
decision
bpefa--  supplier requirement purpose accelerator region gpus start end verdict waived
bpefas-  at findings
bp-fa--  price
finding
bpefas-  holder agreement clause kind rule reason verdict says obligation
bp-fa--  source by
obligation
bpefas-  act due
bp-fas-  party
permit
bpefa--  permit holder supplier pool purpose accelerator region gpus gpu_s drawn_gpu_s
bpefa--  start end issued_at expires revoked_at status by decision
bpefa--  left_gpus left_gpu_s draws version document
bp-fa--  price why
draw
bpefa--  engine key gpus start end held_gpus gpu_s at by
ledger
bpefa--  pool supplier accelerator region start end awarded delivered permitted drawn
bpefa--  used_gpu_s left
waiver
bpefas-  waiver clause holder grantee purposes accelerators regions limit_gpus standing
bpefas-  start end
bp-fas-  price
bpefa--  used_gpus
portfolio
bpefa--  status at proposal by
----a--  version
bp-fa--  note text hash problems
journal
bp-fa--  at recorded by name party requirement command events
----a--  seq hash
deadline
bpefas-  at kind requirement
bpefa--  order tranche party
commitment
bpefas-  commitment supplier accelerator region start end gpus
bp-fas-  agreement clause unit floor contracted uncontracted shortfall rate
bp-fas-  floor_now taken left taken_percent undelivered counted_until known
bp-fa--  expected expected_percent shortfall_expected alerts
token
----a-m  token prefix name who scopes created expires last_used revoked
-------  hash secret
person
----a-m  person name email roles party created disabled subject
trace
----a-m  at by did about more
message
bp--a-m  message kind channel to at next_at sent_at status attempts error
bp--a--  party requirement body
webhook
bp--asm  webhook party url topics created disabled
contact
bp--asm  contact party address language created
receipt
bpefas-  at requirement happened waiver
bpefa--  orders version permit
----a--  entry
"""
"""A supplier's column is of rows that concern its own party; it sees nothing of others."""

SEALED = """
offer
-----s-  offer requirement tender supplier gpus price start end accelerator region prepaid
-----s-  tranches spacing lead made_at
journal
----a--  seq hash
message
"""
"""What is seen of a bid, and of what tells of one, before its tender has been closed."""


def roles_of(pattern: str) -> frozenset[Role]:
    """The roles of a row: each letter stands in its own column, or a dash."""
    assert len(pattern) == len(COLUMNS), pattern
    for letter, column in zip(pattern, COLUMNS, strict=True):
        assert letter in ("-", column), pattern
    return frozenset(COLUMNS[letter] for letter in pattern if letter != "-")


def acts() -> dict[str, frozenset[Role]]:
    rows = (line.split() for line in ACTS.strip().splitlines())
    return {act: roles_of(pattern) for pattern, act in rows}


def fields(table: str) -> dict[str, dict[str, frozenset[Role]]]:
    found: dict[str, dict[str, frozenset[Role]]] = {}
    resource = ""
    for line in table.strip().splitlines():
        first, *names = line.split()
        if not names:
            resource = first
            found[resource] = {}
            continue
        for name in names:
            assert name not in found[resource], (resource, name)
            found[resource][name] = roles_of(first)
    return found
