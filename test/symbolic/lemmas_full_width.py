"""OpenZeppelin's Math.mulDiv, step by step on words of 256 bits: its result is the quotient rounded down, whenever that fits a word.

Each step is a claim about any words; `fault` puts a mistake into it, and it must then be refuted. Words are integers below 2^256,
and what overflows a word is taken off it in so many words.
"""

import random

import z3

from formulas import WORD, mul_div
from polynomials import polynomial
from prove import DRAWS, Verdict, formulas

RANGE = "all 256-bit words x, y and d of which ⌊x × y / d⌋ fits one"


def holds(*conditions) -> bool:
    """Whether the last condition follows from the others."""
    solver = z3.SolverFor("QF_LIA")
    solver.add(*conditions[:-1], z3.Not(conditions[-1]))
    return solver.check() == z3.unsat


def is_word(*terms):
    return z3.And(*(z3.And(term >= 0, term < WORD) for term in terms))


def product_in_two_words(fault):
    """mul512: from the product modulo 2^256 and modulo 2^256 - 1."""
    high, low, rest, times = z3.Ints("high low rest times")
    product = high * WORD + low
    borrow = 0 if fault else z3.If(rest < low, 1, 0)
    found = rest - low - borrow
    return holds(
        is_word(low),
        high >= 0,
        product <= (WORD - 1) ** 2,
        product == times * (WORD - 1) + rest,
        rest >= 0,
        rest < WORD - 1,
        z3.If(found < 0, found + WORD, found) == high,
    )


def fits_a_word(fault):
    """The guard: d > high. That q × d is a product is not needed, only that it is at least q's bound times d."""
    high, low, d, by_word = z3.Ints("high low d by_word")
    guard = d >= high if fault else d > high
    # by_word stands for q × d, at most the product; were q at least a word, it would be at least d words.
    return holds(is_word(high, low, d), guard, by_word <= high * WORD + low, z3.Not(by_word >= d * WORD))


def remainder_taken_off(fault):
    """What is left in the two words is the product less the remainder."""
    high, low, remainder = z3.Ints("high low remainder")
    product = high * WORD + low
    borrow = z3.If(remainder >= low if fault else remainder > low, 1, 0)
    rest = low - remainder
    return holds(
        is_word(high, low, remainder),
        remainder <= product,
        (high - borrow) * WORD + z3.If(rest < 0, rest + WORD, rest) == product - remainder,
    )


def powers_of_two_taken_out(fault):
    """Divided by 2^k, the largest that divides d, the lower word becomes the product's, divided: for each k there is. As the
    halves share no bits, `|` is `+`."""
    for k in range(256):
        twos = 2**k
        shift = WORD // twos
        high, low, overflow = z3.Ints("high low overflow")
        shifted = high * (shift // 2 if fault else shift) - overflow * WORD
        exact = high * shift + low
        if not holds(
            high >= 0,
            high < WORD,
            low >= 0,
            low * twos < WORD,
            is_word(shifted),
            # Equal modulo a word, no carry, and no bit in common.
            z3.And(
                exact - (shifted + low) == overflow * WORD, shifted + low < WORD, shifted % shift == 0, low < shift
            ),
        ):
            return False
    return True


def seed_of_inverse(fault):
    """(3 d) ^ 2 inverts an odd d modulo 16; only the last four bits matter."""
    d = z3.BitVec("d", 4)
    solver = z3.Solver()
    solver.add(d & 1 == 1, d * ((3 * d) ^ (1 if fault else 2)) != 1)
    return solver.check() == z3.unsat


def inverse_doubled(fault):
    """Newton's step squares the error 1 - d × inverse: 4 bits become 8, 16, 32, 64, 128, 256 in six steps."""
    d, inverse = z3.Ints("d inverse")
    error = 1 - d * inverse
    better = inverse * ((3 if fault else 2) - d * inverse)
    return polynomial((1 - d * better) - error * error) == {} and 4 * 2**6 == 256


def quotient_by_inverse(fault):
    """With odd × inverse = 1 + i words and low = q × odd - j words, low × inverse is q and some words."""
    q, odd, inverse, i, j = z3.Ints("q odd inverse i j")
    low = q * odd - j * (WORD - 1 if fault else WORD)
    some_words = q * i - j * inverse
    # Whatever stands with (odd × inverse - 1 - i words) is nothing.
    nothing = q * (odd * inverse - 1 - i * WORD)
    return polynomial(low * inverse - (q + some_words * WORD) - nothing) == {}


STEPS = (
    product_in_two_words,
    fits_a_word,
    remainder_taken_off,
    powers_of_two_taken_out,
    seed_of_inverse,
    inverse_doubled,
    quotient_by_inverse,
)
FAULT = ("high = (rest - low - (rest < low)) % WORD", "high = (rest - low) % WORD")


def words(source):
    for _ in range(DRAWS):
        x, y, d = (source.getrandbits(source.choice((8, 128, 255, 256))) for _ in range(3))
        if d != 0 and x * y // d < WORD:
            yield x, y, d


def check() -> Verdict:
    problem = None
    for step in STEPS:
        if not step(False):
            problem = problem or f"{step.__name__}: not proved"
        if step(True):
            problem = problem or f"{step.__name__}: its twin is proved too"
    met, twin, faulty = 0, None, formulas(FAULT).mul_div
    for x, y, d in words(random.Random(1)):
        met += 1
        if mul_div(x, y, d) != x * y // d:
            problem = f"does not hold: inputs {x}, {y}, {d}"
        if twin is None and _differs(faulty, x, y, d):
            twin = f"not the quotient; inputs {x}, {y}, {d}"
    return Verdict(
        lemma="DIV-0",
        claim="OpenZeppelin's mulDiv is the quotient rounded down, also where the product needs 512 bits",
        range=RANGE,
        ways=len(STEPS),
        met=met,
        fault=" -> ".join(FAULT),
        twin=twin,
        problem=problem or (None if twin is not None else "its twin holds too"),
    )


def _differs(faulty, x, y, d) -> bool:
    try:
        return faulty(x, y, d) != x * y // d
    except AssertionError:
        return True
