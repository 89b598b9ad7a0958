"""Which addresses the desk may send to, so that nobody makes it knock at doors inside.

An endpoint's URL is what somebody else wrote. Its name is resolved once, the addresses found are
judged, and the connection goes to an address that was judged, not to the name again: a name that
changes in between (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host and port, as ``resolve`` finds them."""

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: its last 32 bits are an IPv4 address.


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be reached: public addresses, and ``networks`` of one's own besides."""

    schemes: tuple[str, ...] = ("https",)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def permits(self, address: str) -> bool:
        """Whether a connection may go to an address."""
        try:
            found = _plain(ip_address(address))
        except ValueError:
            return False
        if any(found in network for network in self.networks):
            return True
        special = found.is_multicast or found.is_reserved or getattr(found, "is_site_local", False)
        return found.is_global and not special


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in NAT64:
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or address


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by the machine's resolver, each once.

    Raises:
        OSError: It has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))
