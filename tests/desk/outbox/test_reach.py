"""The desk connects to public addresses, and inside only where it is told that it may."""

import asyncio
from ipaddress import ip_network

import pytest

from offtake.desk.transport.reach import Reach, resolve


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1"),
        *("ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "", "localhost", "127.1"),
    ],
)
def test_no_door_inside_is_knocked_at(address: str) -> None:
    assert not Reach().permits(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert Reach().permits(address)


def test_a_network_of_ones_own_is_reached_when_it_is_named() -> None:
    own = Reach(networks=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")))
    assert own.permits("10.1.2.3")
    assert own.permits("::ffff:10.1.2.3")
    assert own.permits("fd12::1")
    assert not own.permits("10.2.0.1")
    assert not own.permits("127.0.0.1")


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "2130706433", "localhost"])
def test_other_ways_to_write_an_address_are_judged_as_what_they_are(host: str) -> None:
    found = asyncio.run(resolve(host, 443))
    assert found
    assert not any(Reach().permits(address) for address in found)
