"""What a finding says to those who may not read its figures and names: its gist, by its reason."""

from collections.abc import Mapping

OTHER = "a clause in force speaks here"
"""Of a reason that is not known here."""

GISTS: Mapping[str, str] = {
    "ExclusiveToHolder": "an exclusivity keeps this for its holder",
    "NotNotified": "the holder of a first refusal must be asked first",
    "WindowOpen": "the holder of a first refusal may still answer",
    "PartNotOffered": "this part must be offered to the holder of a first refusal by itself",
    "FreeWindowOver": "the time to contract others is over; the holder must be asked again",
    "BetterTerms": "the terms are better than those offered to the holder, who must be asked again",
    "OtherOffer": "the holder of a first refusal was shown another offer",
    "OfferNotShown": "the holder of a first refusal must be shown the best offer",
    "SeniorHolderFirst": "another holder of a first refusal comes first",
    "Accepted": "the holder of a first refusal has accepted the whole lot",
    "PartlyAccepted": "the holder of a first refusal has accepted a part; the rest is free",
    "WaiverExhausted": "a waiver is used up",
    "WaiverFallen": "a waiver no longer holds",
    "OutsideBuildRight": "what is built under this right may not run this purpose",
    "ShareNotKept": "what is built under this right has run too much for other purposes",
    "OutsideLicence": "no licence covers this use",
    "LicensedExclusively": "a licence keeps this for its licensee",
    "LicenceEnded": "the licence has ended",
    "OptionOpen": "an option may be exercised",
    "OptionClosed": "an option may not be exercised at this time",
    "OptionUsedUp": "an option is used up",
    "ShareTooLarge": "one supplier would have more than its share",
}
"""No figure, no name: only what the reason itself says."""


def gist(reason: str) -> str:
    """What a reason says by itself."""
    return GISTS.get(reason, OTHER)
