"""PDF files written by hand for the tests of verification: updates of any kind, and signatures whose dictionaries say
whatever an attacker wants them to say.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from gmpki.algorithms import sm3
from gmpki.cms.report import CheckStatus
from gmpki.seal.pdf import Stamp, cms_signer, sign_pdf, verify_pdf
from gmpki.seal.report import SignatureReport
from gmpki.seal.signing import SealSigner
from seal import samples
from seal.pdf import documents

RESERVED = 12000  # hexadecimal digits for a signature


def last_startxref(data: bytes) -> int:
    """Return where the newest cross-references are said to stand."""
    return int(re.findall(rb"startxref\s+(\d+)", data)[-1])


def size_of(data: bytes) -> int:
    """Return the number that the next new object gets."""
    return max(int(found) for found in re.findall(rb"/Size (\d+)", data))


def root_of(data: bytes) -> int:
    """Return the number of the catalog."""
    return int(re.findall(rb"/Root (\d+) 0 R", data)[-1])


def body_of(data: bytes, number: int) -> bytes:
    """Return the newest text of an object that lies in the file itself."""
    return re.findall(rb"(?:^|\n)%d 0 obj\s(.*?)\sendobj" % number, data, re.DOTALL)[-1]


def objects_of(data: bytes) -> dict[int, bytes]:
    """Return the newest text of each object that lies in the file itself."""
    found = re.findall(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\sendobj", data, re.DOTALL)
    return {int(number): body for number, body in found}


def numbers_of(data: bytes, kind: bytes) -> list[int]:
    """Return the numbers of these objects that have a Type."""
    return [number for number, body in objects_of(data).items() if re.search(rb"/Type /%s\b" % kind, body)]


def updated(
    data: bytes,
    objects: Mapping[int, bytes | None],
    *,
    streamed: bool = False,
    places: Mapping[int, int] | None = None,
    trailer: bytes = b"",
    previous: int | None = None,
    loose: bytes = b"",
) -> bytes:
    """Append an update.

    :param objects: their texts by number; None frees one.
    :param streamed: with a stream of cross-references.
    :param places: entries of the cross-references that point anywhere.
    :param trailer: further entries of the trailer.
    :param previous: what Prev says.
    :param loose: bytes before the cross-references that nothing names.
    """
    made = bytearray(data)
    rows: dict[int, tuple[int, int]] = {}
    for number, body in objects.items():
        rows[number] = (0, 0) if body is None else (1, len(made))
        if body is not None:
            made += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    rows.update({number: (1, place) for number, place in (places or {}).items()})
    made += loose
    at = len(made)
    size = max([size_of(data), *(number + 1 for number in rows)])
    entries = b"/Root %d 0 R /Prev %d %s" % (
        root_of(data),
        last_startxref(data) if previous is None else previous,
        trailer,
    )
    if streamed:
        rows[size] = (1, at)
        index = b" ".join(b"%d 1" % number for number in sorted(rows))
        table = zlib.compress(
            b"".join(bytes([kind]) + place.to_bytes(4, "big") + b"\0" for _, (kind, place) in sorted(rows.items()))
        )
        made += b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 1] /Index [%s] %s /Filter /FlateDecode /Length %d >>\n" % (
            *(size, size + 1, index, entries, len(table)),
        )
        made += b"stream\n" + table + b"\nendstream\nendobj\n"
    else:
        made += b"xref\n"
        for number, (kind, place) in sorted(rows.items()):
            made += b"%d 1\n" % number
            made += b"%010d 00000 n \n" % place if kind else b"0000000000 00001 f \n"
        made += b"trailer\n<< /Size %d %s >>\n" % (size, entries)
    return bytes(made) + b"startxref\n%d\n%%%%EOF\n" % at


@cache
def seal_signer() -> SealSigner:
    """Return who seals."""
    person = samples.signer()
    return SealSigner(samples.seal(), person.key, person.certificate, clock=lambda: samples.NOW)


@cache
def sealed(*, streamed: bool = False) -> bytes:
    """Return two pages with a seal on the first."""
    data = documents.document(documents.Page(), documents.Page(), streamed=streamed)
    return sign_pdf(data, seal_signer(), Stamp(1, 50, 50), time=samples.NOW)


def signed_again(data: bytes, page: int = 2) -> bytes:
    """Sign a file once more, with a message of RSA."""
    person = samples.signer(algorithm="rsa")
    signer = cms_signer(person.key, person.certificate)
    return sign_pdf(data, signer, Stamp(page, 100, 50), picture=samples.picture(), time=samples.NOW)


def signed_by_hand(
    data: bytes,
    *,
    byte_range: Callable[[int, int, int], str] | None = None,
    contents: Callable[[bytes], str] | None = None,
    sub_filter: str = "/GM.sm2seal",
    name: str = "Hand",
    extra: bytes = b"",
    field: bytes = b"",
    catalog: bytes = b"",
    root_too: bool = True,
) -> bytes:
    """Seal a file, with whatever is asked for in its signature dictionary. The signature itself holds.

    :param byte_range: what ByteRange says, from the places where Contents begins and ends and the file does.
    :param contents: what stands in Contents, with its delimiters, from the signature; its length must not change.
    :param extra: further entries of the dictionary, ``field`` those of the field, ``catalog`` those of the catalog.
    :param root_too: whether the form says that there is a field.
    """
    number = size_of(data)
    root = body_of(data, root_of(data))
    there = re.search(rb"/AcroForm (\d+) 0 R", root)
    listed = b"" if there is None else re.search(rb"/Fields \[(.*?)\]", body_of(data, int(there[1])), re.DOTALL)[1]
    form = b"<< /Fields [%s %d 0 R] /SigFlags 3 >>" % (listed, number)
    changed: dict[int, bytes] = {}
    if not root_too:
        pass
    elif there is None:
        changed[root_of(data)] = root[: root.rindex(b">>")] + b"/AcroForm %d 0 R %s >>" % (number + 2, catalog)
        changed[number + 2] = form
    else:
        changed[int(there[1])] = form
    room = b" " * 60
    dictionary = b"<< /Type /Sig /Filter /Test /SubFilter %s %s /ByteRange %s /Contents <%s> >>" % (
        *(sub_filter.encode(), extra, room, b"0" * RESERVED),
    )
    widget = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /F 132 /Rect [0 0 0 0] /V %d 0 R %s >>" % (
        *(name.encode(), number + 1, field),
    )
    made = updated(data, {**changed, number: widget, number + 1: dictionary})
    start = made.index(b"<" + b"0" * RESERVED + b">")
    end = start + RESERVED + 2
    said = f"[0 {start} {end} {len(made) - end}]" if byte_range is None else byte_range(start, end, len(made))
    made = made.replace(b"/ByteRange " + room, b"/ByteRange " + said.encode().ljust(len(room)))
    signature = seal_signer().sign_document(sm3.digest(made[:start] + made[end:]), "PDF")
    written = f"<{signature.hex():0<{RESERVED}}>" if contents is None else contents(signature)
    assert len(written) == RESERVED + 2, len(written)
    return made[:start] + written.encode() + made[end:]


def statuses(data: bytes, index: int = 0, *, lenient: bool = False) -> dict[str, str]:
    """Verify a file, and return what became of each check of a signature."""
    found = verify_pdf(data, samples.trust(), lenient=lenient).signatures[index]
    return {check.name.value: check.status.value for check in found.checks}


def problem(report: SignatureReport, name: str) -> str:
    """Return what a failed check says: the reason or the kind of its error, and the message."""
    check = report.check(name)
    assert check.status is CheckStatus.FAILED, str(check)
    reason = getattr(check.error, "reason", type(check.error).__name__)
    return f"{reason}: {check.error}"
