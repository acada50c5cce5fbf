"""The documents whose rules are checked, each named once with its edition, and clauses that several groups check.

>>> from gmpki.conformance.clauses import GMT_0016
>>> from gmpki.conformance.model import Clause
>>> Clause(GMT_0016, "7.1.4").shown
'GM/T 0016-2012 7.1.4 (A)'
"""

from __future__ import annotations

from typing import Final

from gmpki.conformance.model import Clause

# Tokens: SKF, their commands, the least they must do, PKCS #11 for SM algorithms, random numbers, algorithm numbers.
GMT_0005: Final = "GM/T 0005-2021"
GMT_0006: Final = "GM/T 0006-2012"
GMT_0016: Final = "GM/T 0016-2012"
GMT_0017: Final = "GM/T 0017-2012"
GMT_0027: Final = "GM/T 0027-2014"
GMT_0034: Final = "GM/T 0034-2014"
GMT_0062: Final = "GM/T 0062-2018"
GBT_33560: Final = "GB/T 33560-2017"

# Algorithms: MACs, modes, SM3, SM4, SM2 (general, signature, key exchange, encryption), how SM2 is used.
GBT_15852_1: Final = "GB/T 15852.1-2020"
GBT_17964: Final = "GB/T 17964-2021"
GBT_32905: Final = "GB/T 32905-2016"
GBT_32907: Final = "GB/T 32907-2016"
GBT_32918_1: Final = "GB/T 32918.1-2016"
GBT_32918_2: Final = "GB/T 32918.2-2016"
GBT_32918_3: Final = "GB/T 32918.3-2016"
GBT_32918_4: Final = "GB/T 32918.4-2016"
GBT_35276: Final = "GB/T 35276-2017"

# Of all the world.
ISO_7816_3: Final = "ISO/IEC 7816-3:2006"
ISO_7816_4: Final = "ISO/IEC 7816-4:2005"
PKCS11: Final = "PKCS #11 v2.40"
PKCS11_MECHANISMS: Final = "PKCS #11 v2.40 current mechanisms"
PKCS11_V3: Final = "PKCS #11 v3.0"

# No standards: what buyers ask for, and what drivers have in common.
SEVERAL_MAKERS: Final = "beside GM/T 0016-2012, of several makers"
TENDERS: Final = "tenders for UKeys"

DRAFT: Final = Clause("GM/T 0016 (draft of 2009)", "", "B")
"""The seven functions that the draft had and the standard dropped."""

ON_CURVE: Final = Clause(GBT_32918_1, "6.2", "B")
"""A public key is a point of the curve: what is made with one that is not can tell a private key."""
