"""The qualified certificate statements of RFC 3739, whose contents others define."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, encode_sequence_of, read_sequence_of

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["QCStatement", "QCStatements"]


@dataclass(frozen=True, slots=True)
class QCStatement(Schema):
    """``SEQUENCE { statementId OBJECT IDENTIFIER, statementInfo ANY DEFINED BY statementId OPTIONAL }``.

    :ivar statement_info: its exact DER; None when absent.
    :standard: RFC 3739 3.2.6
    """

    statement_id: ObjectIdentifier
    statement_info: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> QCStatement:
        """Read one statement."""
        with reader.sequence(name) as fields:
            statement_id = fields.oid("statementId")
            return cls(statement_id, None if fields.at_end() else fields.raw_element("statementInfo"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the identifier is no ``str``, or the information has no buffer.
        """
        info = b"" if self.statement_info is None else self.statement_info
        return der.encode_sequence(der.encode_oid(self.statement_id), info)


@dataclass(frozen=True, slots=True)
class QCStatements(ExtensionValue):
    """``SEQUENCE OF QCStatement``.

    :standard: RFC 3739 3.2.6
    """

    OID: ClassVar[ObjectIdentifier] = oids.QC_STATEMENTS

    statements: tuple[QCStatement, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> QCStatements:
        """Read the statements."""
        return cls(read_sequence_of(reader, name, "qcStatement", QCStatement.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the statements are no tuple of :class:`QCStatement`.
        :raises InvalidInputError: when there is none.
        """
        return encode_sequence_of(self.statements, QCStatement, "statements")
