"""The settings of a trust folder: where time-stamps come from, where revocation lists are, how often they are fetched.

>>> settings = TrustSettings(timestamp_url="http://tsa.example.cn/", crl_locations=("http://crl.example.cn/ca.crl",))
>>> print(settings.to_toml(), end="")
timestamp_url = "http://tsa.example.cn/"
crl_locations = [
    "http://crl.example.cn/ca.crl",
]
crl_from_certificates = true
update_period_s = 86400
>>> TrustSettings.from_toml(settings.to_toml()) == settings
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gmpki._inputs import as_text, iterated, member, number
from gmpki.errors import InvalidInputError, LimitExceeded, ProfileError
from gmpki.x509._toml_table import read_toml

__all__ = ["MAX_LOCATIONS", "TrustSettings", "as_url"]

MAX_LOCATIONS: Final = 64
_MAX_URL_LEN: Final = 2048
_MAX_TEXT_LEN: Final = 1 << 18
# RFC 3986 2: what an address is written with; whatever else stands there as percent and two digits.
_URL: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII | re.IGNORECASE)
_SHORTEST_PERIOD_S, _LONGEST_PERIOD_S = 60, 366 * 86400


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """The settings of a trust folder. Immutable; thread-safe.

    :ivar timestamp_url: the address of the time-stamp service, or ``None``.
    :ivar crl_locations: addresses of revocation lists beside those that certificates name; at most 64.
    :ivar crl_from_certificates: also fetch the lists that the certificates in the folder name.
    :ivar update_period_s: seconds from one update to the next, 60 to 366 days.
    :raises InvalidTypeError: when a value has the wrong type.
    :raises InvalidInputError: when an address is none that can be fetched or is there twice, or the period is out of
        bounds.
    :raises LimitExceeded: when there are more than 64 addresses.
    """

    timestamp_url: str | None = None
    crl_locations: tuple[str, ...] = ()
    crl_from_certificates: bool = True
    update_period_s: int = 86400

    def __post_init__(self) -> None:
        if self.timestamp_url is not None:
            as_url(self.timestamp_url, "timestamp_url")
        found = iterated(self.crl_locations, "crl_locations", most=MAX_LOCATIONS + 1)
        if len(found) > MAX_LOCATIONS:
            raise LimitExceeded(f"at most {MAX_LOCATIONS} addresses of revocation lists are kept")
        for url in found:
            as_url(url, "crl_locations")
        if len(set(found)) < len(found):
            raise InvalidInputError("an address stands twice in crl_locations")
        object.__setattr__(self, "crl_locations", found)
        member(self.crl_from_certificates, bool, "crl_from_certificates")
        number(self.update_period_s, _SHORTEST_PERIOD_S, _LONGEST_PERIOD_S, "update_period_s")

    @classmethod
    def from_toml(cls, text: str, what: str = "the settings") -> TrustSettings:
        """Read settings; what is not there has its default.

        :param what: how the file is called in errors.
        :raises InvalidTypeError: when text is not ``str``.
        :raises ProfileError: when it is no TOML, or a key or value is not one of the settings; the message names the
            line where it can.
        :raises InvalidInputError: as the constructor.
        """
        if len(as_text(text, "text")) > _MAX_TEXT_LEN:
            raise ProfileError(f"{what}: more than {_MAX_TEXT_LEN} characters")
        table = read_toml(text, what)
        settings = cls(
            table.text("timestamp_url", "", max_len=_MAX_URL_LEN) or None,
            table.items("crl_locations", str, max_items=MAX_LOCATIONS),
            table.boolean("crl_from_certificates", True),
            table.number("update_period_s", _SHORTEST_PERIOD_S, _LONGEST_PERIOD_S, 86400),
        )
        table.end(cls.__dataclass_fields__)
        return settings

    def to_toml(self) -> str:
        """Return the settings as TOML."""
        # An address has neither quotation marks nor backslashes, so that it stands in TOML as it is.
        lines = [] if self.timestamp_url is None else [f'timestamp_url = "{self.timestamp_url}"']
        if self.crl_locations:
            lines += ["crl_locations = [", *(f'    "{url}",' for url in self.crl_locations), "]"]
        lines.append(f"crl_from_certificates = {'true' if self.crl_from_certificates else 'false'}")
        lines.append(f"update_period_s = {self.update_period_s}")
        return "\n".join(lines) + "\n"


def as_url(text: str, name: str) -> str:
    """Return an address of HTTP or HTTPS.

    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is no such address, or longer than 2048 characters.
    :standard: RFC 3986 3
    """
    if len(as_text(text, name)) <= _MAX_URL_LEN and _URL.fullmatch(text):
        try:
            parts = urlsplit(text)
            usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and parts.username is None
        except ValueError:  # a port that is none, brackets that are not closed
            usable = False
        if usable:
            return text
    raise InvalidInputError(f"{name}: an address such as http://crl.example.cn/ca.crl expected, not {text[:80]!a}")
