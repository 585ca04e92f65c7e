"""Amortisation and TermLoanMath: schedules of term loans (TERM-1)."""

from prove import Group, Lemma

RANGE = "all natural numbers, balloon at most the principal; any count of instalments"
STEP = "all natural numbers; one instalment, and by induction any count of them"


def schedule(n, f):
    remaining, instalment = n.input(0, 2**112), n.input(0, 2**112)
    rate, interval, is_last = n.input(0, 2**64), n.input(1, 2**32), n.flag()
    paid = f.part(n, remaining, is_last, instalment, rate, interval)
    return [
        ("TERM-1", "an instalment pays no more principal than remains", paid <= remaining),
        ("TERM-1", "and takes none back", 0 <= paid),
        ("TERM-1", "the last one leaves nothing", n.implies(is_last, remaining - paid == 0)),
    ]


def instalment(n, f):
    principal = n.input(1, 2**112)
    balloon = n.input(0, 2**112, lambda: [0, principal, principal // 2])
    rate, interval = n.input(0, 2**64, lambda: [5 * 10**16]), n.input(1, 2**32, lambda: [30 * 86400])
    # The power's exponent decides how often it is multiplied: for a proof over every count any power above one will do.
    count = n.real(lambda: n.input(1, 40), lambda: n.natural("count"))()
    powers = []

    def any_power(n, base, _exponent):
        powers.append(n.natural("power"))
        return powers[-1]

    n.require(balloon <= principal)
    n.require(rate * interval * count <= 20 * f.RATE_SECONDS if n.real(True, False) else True)
    paid = f.instalment_up(n, principal, rate, interval, count, balloon, n.real(f.power_down, any_power))
    interest = f.period_interest_up(n, principal, rate, interval)
    for power in powers:
        growth = power - f.POWER_SCALE
        n.grows(principal * growth, principal * power - balloon * f.POWER_SCALE, rate * interval)
        n.grows(paid, interest - 1, growth)
        n.grows((interest - 1) * f.RATE_SECONDS + 1, principal * rate * interval, growth)
    n.grows(rate * interval, 0, principal)
    without_interest = n.implies(rate * interval == 0, paid * count >= principal - balloon)
    return [
        ("TERM-2", "it pays at least the first, and so any, period's interest", paid >= interest),
        ("TERM-2", "without interest, instalments add up to the principal", without_interest),
    ]


def prepayment(n, f):
    money, principal = n.input(0, 2**112), n.input(1, 2**112)
    fee, numerator = n.input(0, 10**17), n.input(0, 2**200, lambda: [principal * f.RATE_SECONDS // 100])
    tried = f.prepaid(n, money, fee, numerator, principal)
    n.require(tried >= 2)
    costs = n.seen("up", numerator, 1, principal)
    n.grows(numerator, costs * principal, tried - 2)
    cost = f.prepayment_cost(n, tried - 2, fee, numerator, principal)
    interest = n.seen("up", numerator, tried - 2, principal)
    n.grows(costs * (tried - 2), interest - 1, principal)
    return [("TERM-3", "two units below the first trial can be paid for", cost <= money)]


GROUPS = [
    Group(
        STEP,
        schedule,
        [
            Lemma(
                "TERM-1",
                "a schedule's principal parts sum exactly to the principal, and the last payment leaves nothing",
                ("return least(n, zero_floor_sub(n, instalment, interest), remaining)", "return instalment"),
            )
        ],
    ),
    Group(
        RANGE,
        instalment,
        [
            Lemma(
                "TERM-2",
                "an instalment never pays less than its period's interest: principal does not grow",
                ("return n.up(over, rate, RATE_SECONDS", "return n.down(over, rate, RATE_SECONDS"),
            )
        ],
    ),
    Group(
        "all natural numbers, principal at least 1",
        prepayment,
        [
            Lemma(
                "TERM-3",
                "the loop of a prepayment steps back at most twice",
                ("costs = fee * YEAR + n.up", "costs = n.up"),
            )
        ],
    ),
]
