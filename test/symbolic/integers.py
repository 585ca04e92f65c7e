"""Whole numbers, known or not: the same formula runs on both.

A formula takes `n`, one of the two classes here, and does with it what Solidity's operators do not do for it: the directed
divisions, checked subtraction, and comparisons that it branches on. On `Known` numbers it computes. On `Unknown` ones it is run
once for each way through its branches, and what is known about its results on that way is collected as facts for the prover.
Where the contract would revert, the run ends (`Reverted`): of what does not happen nothing need be shown.
"""

import z3

from polynomials import polynomial


class Reverted(Exception):
    """The contract would revert here."""


class Known:
    """Python's own integers, drawn at random where a statement asks for some."""

    def __init__(self, random=None):
        self._random = random
        self.drawn = []

    def input(self, low, high, near=None):
        """A number of any magnitude from low to high, often close to one of those that `near` names."""
        kind = self._random.random()
        if near is not None and kind < 0.6:
            x = self._random.choice(near()) + self._random.randint(-2, 2)
        elif kind < 0.8:
            x = low + self._random.randint(0, 3)
        else:
            x = low + self._random.getrandbits(self._random.randint(1, max(1, (high - low).bit_length())))
        x = min(max(x, low), high)
        self.drawn.append(x)
        return x

    def flag(self):
        self.drawn.append(self._random.random() < 0.5)
        return self.drawn[-1]

    def real(self, formula, stated):
        """What is computed, and not what is stated of it."""
        return formula

    def seen(self, kind, x, y, d):
        """Only hints need it."""
        return 0

    def grows(self, x, y, by):
        """A hint for the prover; on known numbers there is nothing to prove."""

    def down(self, x, y, d):
        self.require(d != 0)
        return x * y // d

    def up(self, x, y, d):
        self.require(d != 0)
        return -(-x * y // d)

    def is_true(self, condition):
        return bool(condition)

    def require(self, condition):
        if not condition:
            raise Reverted

    def minus(self, x, y):
        """Solidity's checked subtraction."""
        self.require(x >= y)
        return x - y

    def either(self, *conditions):
        return any(conditions)

    def implies(self, condition, conclusion):
        return not condition or conclusion


class Unknown:
    """Integers of the prover, along one way through the branches."""

    def __init__(self, decisions):
        self.facts = []
        self._quotients = {}
        self._decisions = decisions
        self._taken = 0
        self._fresh = 0

    def down(self, x, y, d):
        return self._quotient(
            "down", x, y, d, lambda q: [q * d <= x * y, x * y < q * d + d, implies(x * y < d, q == 0)]
        )

    def up(self, x, y, d):
        return self._quotient(
            "up", x, y, d, lambda q: [q * d >= x * y, q * d < x * y + d, implies(x * y <= 0, q == 0)]
        )

    def is_true(self, condition):
        if isinstance(condition, bool):
            return condition
        condition = z3.simplify(condition)
        if z3.is_true(condition) or z3.is_false(condition):
            return z3.is_true(condition)
        if self._taken == len(self._decisions):
            self._decisions.append(True)
        taken = self._decisions[self._taken]
        self._taken += 1
        self.facts.append(condition if taken else z3.Not(condition))
        return taken

    def require(self, condition):
        self.facts.append(_both(condition))

    def minus(self, x, y):
        self.require(x >= y)
        return x - y

    def either(self, *conditions):
        return z3.Or(*conditions)

    def implies(self, condition, conclusion):
        return implies(condition, conclusion)

    def natural(self, name):
        """A number that is not negative and of which nothing else is known."""
        self._fresh += 1
        x = z3.Int(f"{name}_{self._fresh}")
        self.facts.append(x >= 0)
        return x

    def input(self, low, high, near=None):
        """Any number from low on; `high` bounds what is drawn, not what is proved."""
        x = self.natural("input")
        self.facts.append(x >= low)
        return x

    def flag(self):
        self._fresh += 1
        return z3.Bool(f"flag_{self._fresh}")

    def grows(self, x, y, by):
        """A hint: x <= y and by >= 0 give x * by <= y * by. True of all integers; provers do not think of it by themselves."""
        self.require(implies(_both(x <= y, by >= 0), x * by <= y * by))

    def real(self, formula, stated):
        """In place of a formula, what another lemma proves of it."""
        return stated

    def seen(self, kind, x, y, d):
        """A quotient computed before, for hints about it; 0 where it was not."""
        return self._quotients.get(_key(kind, x, y, d), 0)

    def _quotient(self, kind, x, y, d, facts):
        key = _key(kind, x, y, d)
        if key in self._quotients:
            return self._quotients[key]
        q = self.natural(kind)
        self.require(d > 0)
        for fact in facts(q):
            self.require(fact)
        # A part of a whole number is at most the number, rounded either way.
        for whole, part in ((x, y), (y, x)):
            self.require(implies(part <= d, q <= whole))
        self._quotients[key] = q
        return q


def implies(condition, conclusion):
    """Of conditions on numbers of which some may be known."""
    return z3.Implies(_both(condition), _both(conclusion))


def _both(*conditions):
    return z3.And(*(z3.BoolVal(one) if isinstance(one, bool) else one for one in conditions))


def _key(kind, *terms):
    return kind, *(tuple(sorted(polynomial(term).items())) for term in terms)


def ways(formula):
    """Runs a formula on unknown numbers, once for each way through its branches. Yields what it returned and the facts."""
    pending = [[]]
    while pending:
        decisions = pending.pop()
        given = len(decisions)
        n = Unknown(decisions)
        try:
            result = formula(n)
            yield result, n.facts
        except Reverted:
            pass
        # Each branch decided anew has another side.
        for i in range(given, len(n._decisions)):
            pending.append(n._decisions[:i] + [not n._decisions[i]])
