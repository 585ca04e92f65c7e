"""Slither, with two of its readings of Solidity put right. Arguments are Slither's own.

Slither 0.11.6 gives a sum the type of its left operand, and lets one base contract's `using … for` take the place of
another's for the same type. Either way it then finds no function behind a call such as `(loan.collateral + more).toUint96()`,
gives up on the function around it, and reports nothing of it.
"""

from slither.__main__ import main
from slither.core.declarations.contract import Contract
from slither.core.solidity_types import ElementaryType
from slither.core.solidity_types.elementary_type import Int, Uint
from slither.slithir import convert
from slither.slithir.operations.binary import Binary, BinaryType
from slither.slithir.variables import Constant

SHIFTS = (BinaryType.LEFT_SHIFT, BinaryType.RIGHT_SHIFT, BinaryType.POWER)


def _is_integer(variable) -> bool:
    kind = getattr(variable, "type", None)
    return isinstance(kind, ElementaryType) and kind.type in (*Int, *Uint) and not isinstance(variable, Constant)


_propagate = convert.propagate_types


def _with_wider_sums(operation, node):
    """What an operation becomes once the types of its operands are known."""
    if isinstance(operation, Binary) and not BinaryType.return_bool(operation.type) and operation.type not in SHIFTS:
        left, right = operation.variable_left, operation.variable_right
        if _is_integer(right) and (isinstance(left, Constant) or _is_integer(left) and right.type.size > left.type.size):
            operation.lvalue.set_type(right.type)
    return _propagate(operation, node)


class UsingFor(dict):
    """What a contract attaches to types, its bases' directives added to its own."""

    def update(self, other) -> None:
        for key, attached in other.items():
            self[key] = [*self.get(key, []), *(one for one in attached if one not in self.get(key, []))]


_contract = Contract.__init__


def _merging_contract(self, *args, **kwargs) -> None:
    _contract(self, *args, **kwargs)
    self._using_for = UsingFor()


convert.propagate_types = _with_wider_sums
Contract.__init__ = _merging_contract

if __name__ == "__main__":
    main()
