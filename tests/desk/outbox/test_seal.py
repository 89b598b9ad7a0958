"""A kept secret can be read by whoever has the key, for what it belongs to, and nobody else."""

import base64

import pytest

from offtake.desk.seal import BadKey, Seal, Secret, Unsealed, keys_of

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
TOKEN = Secret("whsec_c2VjcmV0")


def test_a_secret_opens_under_its_key_and_name() -> None:
    closed = Seal([OLD]).close(TOKEN, "whk_a")
    assert Seal([OLD]).open(closed, "whk_a").reveal() == TOKEN.reveal()
    assert b"whsec" not in closed


def test_the_same_secret_is_never_sealed_twice_alike() -> None:
    seal = Seal([OLD])
    assert seal.close(TOKEN, "whk_a") != seal.close(TOKEN, "whk_a")


def test_a_secret_is_of_no_use_elsewhere() -> None:
    closed = Seal([OLD]).close(TOKEN, "whk_a")
    with pytest.raises(Unsealed, match="whk_b: changed, or sealed for something else"):
        Seal([OLD]).open(closed, "whk_b")


@pytest.mark.parametrize("at", [0, 1, 5, 17, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    closed = bytearray(Seal([OLD]).close(TOKEN, "whk_a"))
    closed[at] ^= 1
    with pytest.raises(Unsealed):
        Seal([OLD]).open(bytes(closed), "whk_a")


@pytest.mark.parametrize("length", range(0, 20, 3))
def test_a_cut_secret_is_noticed(length: int) -> None:
    closed = Seal([OLD]).close(TOKEN, "whk_a")
    with pytest.raises(Unsealed):
        Seal([OLD]).open(closed[:length], "whk_a")


def test_a_new_key_closes_and_the_old_one_still_opens() -> None:
    before = Seal([OLD]).close(TOKEN, "whk_a")
    both = Seal([NEW, OLD])
    assert both.open(before, "whk_a").reveal() == TOKEN.reveal()
    after = both.close(TOKEN, "whk_a")
    assert Seal([NEW]).open(after, "whk_a").reveal() == TOKEN.reveal()
    with pytest.raises(Unsealed, match="not among the settings"):
        Seal([OLD]).open(after, "whk_a")


def test_keys_are_read_from_a_setting_and_a_wrong_one_is_not_repeated() -> None:
    text = ",".join(base64.b64encode(key).decode() for key in (NEW, OLD))
    assert keys_of(text) == (NEW, OLD)
    with pytest.raises(BadKey) as wrong:
        keys_of("hunter2!")
    assert "hunter2" not in str(wrong.value)
    for keys in ([], [b"short"]):
        with pytest.raises(BadKey, match="head -c 32"):
            Seal(keys)


def test_a_secret_is_not_shown_by_accident() -> None:
    shown = f"{TOKEN} {TOKEN!r} {[TOKEN]} {(TOKEN,)!s}"
    assert "whsec" not in shown
