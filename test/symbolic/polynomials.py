"""Terms of the prover as polynomials: which unknowns are multiplied, and how often each product counts."""

import z3

COMPARISONS = {
    z3.Z3_OP_LE: lambda x, y: x <= y,
    z3.Z3_OP_GE: lambda x, y: x >= y,
    z3.Z3_OP_LT: lambda x, y: x < y,
    z3.Z3_OP_GT: lambda x, y: x > y,
    z3.Z3_OP_EQ: lambda x, y: x == y,
}


def polynomial(term) -> dict[tuple[str, ...], int]:
    """Sums, differences and products of numbers and unknowns; by the sorted names of the unknowns in each product."""
    if isinstance(term, int):
        return {(): term} if term else {}
    kind = term.decl().kind()
    if z3.is_int_value(term):
        return polynomial(term.as_long())
    if kind == z3.Z3_OP_UNINTERPRETED:
        return {(term.decl().name(),): 1}
    parts = [polynomial(part) for part in term.children()]
    if kind == z3.Z3_OP_MUL:
        result = {(): 1}
        for part in parts:
            result = _times(result, part)
        return result
    if kind == z3.Z3_OP_ADD:
        return _sum((part, 1) for part in parts)
    if kind == z3.Z3_OP_SUB:
        return _sum((part, -1 if index else 1) for index, part in enumerate(parts))
    if kind == z3.Z3_OP_UMINUS:
        return _sum([(parts[0], -1)])
    raise ValueError(f"{term.decl()} is neither sum nor product.")


def _sum(parts):
    result = {}
    for part, sign in parts:
        for product, count in part.items():
            result[product] = result.get(product, 0) + sign * count
    return {product: count for product, count in result.items() if count}


def _times(left, right):
    return _sum(({tuple(sorted(x + y)): m * n}, 1) for x, m in left.items() for y, n in right.items())


class Linear:
    """Conditions in which every product of unknowns, natural numbers all, has become an unknown of its own."""

    def __init__(self):
        self.products = {}
        self._known = {}

    def of(self, condition):
        if isinstance(condition, bool):
            return z3.BoolVal(condition)
        # Most conditions come again on other ways. With the term itself, or its number could be given to another.
        _, linear = self._known.get(condition.get_id(), (None, None))
        if linear is None:
            linear = self._linear(condition)
            self._known[condition.get_id()] = condition, linear
        return linear

    def _linear(self, condition):
        kind = condition.decl().kind()
        if kind in COMPARISONS and z3.is_int(condition.arg(0)):
            return COMPARISONS[kind](self._combination(condition.arg(0) - condition.arg(1)), 0)
        if condition.num_args() == 0:
            return condition
        return condition.decl()(*map(self.of, condition.children()))

    def _combination(self, term):
        counts = polynomial(term)
        constant = counts.pop((), 0)
        return z3.Sum(constant, *(count * self._unknown(product) for product, count in counts.items()))

    def _unknown(self, product):
        return self.products.setdefault(product, z3.Int("*".join(product)))
