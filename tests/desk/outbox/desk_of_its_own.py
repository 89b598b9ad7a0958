"""A desk in a process of its own that delivers until it is stopped or killed.

python desk_of_its_own.py DATABASE PORT LEASE_S [email]: it sends to http://127.0.0.1:PORT/TARGET,
or letters to the mail server at that port.
"""

import asyncio
import sys

from desk.outbox.receivers import NEAR
from offtake.desk.clock import SystemClock
from offtake.desk.outbox import Deliverer, Policy
from offtake.desk.seal import Secret
from offtake.desk.store.engine import open_engine
from offtake.desk.transport.mail import Mail, Server, Tls
from offtake.desk.transport.webhook import Signed, Webhooks

SECRET = Secret("whsec_" + "b25l" * 8)


def sender(port: int) -> Webhooks:
    async def find(target: str, now_s: int) -> Signed:
        return Signed(f"http://127.0.0.1:{port}/{target}", (SECRET,))

    return Webhooks(find, NEAR)


def mailer(port: int) -> Mail:
    return Mail(Server("127.0.0.1", "desk@lab.example", port, Tls.NONE))


if __name__ == "__main__":
    database, port, lease_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    policy = Policy(
        by=f"desk {port}", sends_max=4, timeout_s=lease_s - 1, lease_s=lease_s, poll_ms=20
    )
    by_mail = sys.argv[4:] == ["email"]
    transports = {"email": mailer(port)} if by_mail else {"webhook": sender(port)}
    asyncio.run(Deliverer(open_engine(database), SystemClock(), transports, policy).run())
