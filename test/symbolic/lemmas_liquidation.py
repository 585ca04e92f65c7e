"""LiquidationMath: what a liquidation takes and leaves (LIQ-0, LIQ-2 to LIQ-6)."""

from prove import Group, Lemma

RANGE = (
    "all natural numbers, price and debt at least 1; min <= max incentive, healthForMax <= 1, targetLtv × (1 + incentive) < 1; "
    "marked as defaulted or not"
)


def terms(n, f):
    lowest = n.input(0, f.WAD // 5, lambda: [2 * 10**16])
    highest = n.input(0, f.WAD // 5, lambda: [10**17])
    health = n.input(0, f.WAD, lambda: [9 * 10**17])
    lltv = n.input(1, f.WAD, lambda: [85 * 10**16])
    target = n.input(0, f.WAD, lambda: [7 * 10**17])
    on_ramp, ramp = n.input(0, 2**32), n.input(1, 2**32)
    return f.Terms(lltv, target, lowest, highest, health, n.input(0, 2**80), n.flag(), on_ramp, ramp)


def incentive(n, f):
    value, debt, health = n.input(0, 2**112), n.input(1, 2**112), n.input(0, 2**64, lambda: [f.WAD, 95 * 10**16])
    t = terms(n, f)
    found = f.incentive_of(n, value, debt, health, t)
    n.grows(f.WAD + found, n.seen("down", value, f.WAD, debt), debt)
    n.grows(found, t.incentive_min, debt)
    is_covered = value * f.WAD >= debt * (f.WAD + t.incentive_min)
    still_covered = value * f.WAD >= debt * (f.WAD + found)
    return [
        ("LIQ-0", "at least the minimum", found >= t.incentive_min),
        ("LIQ-0", "at most the maximum", found <= t.incentive_max),
        ("LIQ-0", "a loan that covers the minimum covers it", n.implies(is_covered, still_covered)),
    ]


def stated_incentive(n, value, debt, _health, t):
    """LIQ-0."""
    wad = 10**18
    found = n.natural("incentive")
    n.require(found >= t.incentive_min)
    n.require(found <= t.incentive_max)
    n.require(n.implies(value * wad >= debt * (wad + t.incentive_min), value * wad >= debt * (wad + found)))
    return found


def liquidation(n, f):
    t = terms(n, f)
    collateral = n.input(0, 2**96)
    debt = n.input(1, 2**112, lambda: [t.min_debt, 2 * t.min_debt])

    def prices():
        threshold = debt * (f.WAD + t.incentive_min) * f.PRICE_SCALE_PER_WAD // max(collateral, 1)
        return [threshold, threshold * 3 // 4, threshold * 9 // 8]

    price = n.input(1, 2**220, prices)
    request = n.input(0, 2**112, lambda: [debt, debt - t.min_debt, debt // 2])
    q = f.quote(n, collateral, price, debt, request, t, n.real(f.incentive_of, stated_incentive))
    _hints(n, f, t, collateral, price, debt, request, q)
    left = debt - q.debt_closed
    value = n.down(q.seized, price, f.PRICE_SCALE)
    is_at_target = left * f.WAD * f.PRICE_SCALE <= t.target_ltv * (collateral - q.seized) * price
    return [
        ("LIQ-2", "collateral for each unit of debt", q.seized * debt <= collateral * q.debt_closed),
        ("LIQ-3", "minDebt, nothing, or no liquidation", n.either(q.repaid == 0, left == 0, left >= t.min_debt)),
        ("LIQ-4", "value seized", value * f.WAD <= q.repaid * (f.WAD + q.incentive)),
        ("LIQ-5", "no more collateral than there is", q.seized <= collateral),
        ("LIQ-5", "no more is repaid than asked", q.repaid <= request),
        ("LIQ-5", "nor than allowed", q.repaid <= q.allowance),
        ("LIQ-5", "nor than is closed", q.repaid <= q.debt_closed),
        ("LIQ-5", "no more is closed than owed", q.debt_closed <= debt),
        ("LIQ-6", "at most the target LTV is left", n.implies(request >= q.allowance, is_at_target)),
    ]


def _hints(n, f, t, collateral, price, debt, request, q):
    with_incentive = f.WAD + q.incentive
    closed = n.seen("up", debt, q.seized, collateral)
    n.grows(t.incentive_min, q.incentive, debt)
    n.grows(q.seized * price, q.repaid * with_incentive * f.PRICE_SCALE_PER_WAD, debt)
    n.grows(debt * with_incentive, q.value * f.WAD, q.repaid)
    n.grows(q.value * f.PRICE_SCALE, collateral * price, q.repaid)
    n.grows(collateral * q.repaid + 1, q.seized * debt, price)
    n.grows(closed, q.debt_closed, collateral)
    n.grows(q.repaid, debt, with_incentive)
    n.grows(q.seized, collateral, t.target_ltv * price)
    n.grows(q.value * f.PRICE_SCALE, collateral * price, t.target_ltv)
    n.grows(q.seized * price, q.repaid * with_incentive * f.PRICE_SCALE_PER_WAD, t.target_ltv)
    for most_closed in (debt - t.min_debt, 0):
        most_seized = n.seen("down", collateral, most_closed, debt)
        cost = n.seen("up", most_seized, price, f.PRICE_SCALE_PER_WAD * with_incentive)
        n.grows(q.seized, most_seized, debt)
        n.grows(most_closed, closed - 1, collateral)
        for repaid in (q.repaid, request, most_closed):
            bought = n.seen("down", repaid * with_incentive, f.PRICE_SCALE_PER_WAD, price)
            n.grows(q.seized, bought, price)
            n.grows(most_seized + 1, bought, price)
            n.grows(collateral + 1, bought, price)
            n.grows(repaid, cost - 1, with_incentive)


GROUPS = [
    Group(
        RANGE,
        incentive,
        [
            Lemma(
                "LIQ-0",
                "the incentive lies between its limits, and never makes a loan that covers the minimum uncovered",
                ("return least(n, room, incentive)", "return incentive"),
            )
        ],
    ),
    Group(
        RANGE,
        liquidation,
        [
            Lemma(
                "LIQ-2",
                "a liquidation never lowers the collateral behind each unit of debt (health, its value not rounded)",
                ("closed = n.up(debt, seized, collateral)", "closed = n.down(debt, seized, collateral)"),
            ),
            Lemma(
                "LIQ-3",
                "a liquidation leaves at least minDebt or no debt",
                (
                    "most_seized = n.down(collateral, most_closed, debt)",
                    "most_seized = n.up(collateral, most_closed, debt)",
                ),
            ),
            Lemma(
                "LIQ-4",
                "the collateral seized is worth at most repaid × (1 + incentive)",
                (
                    "return n.up(collateral, price, PRICE_SCALE_PER_WAD",
                    "return n.down(collateral, price, PRICE_SCALE_PER_WAD",
                ),
            ),
            Lemma(
                "LIQ-5",
                "no more is taken than there is, nor repaid than asked and allowed, nor closed than owed; no loss is negative",
                ("repaid = least(n, request, q.allowance)", "repaid = q.allowance"),
            ),
            Lemma(
                "LIQ-6",
                "whoever repays all that is allowed leaves at most the target LTV, or no debt",
                ("to_target = n.up(over, WAD, per_unit)", "to_target = n.down(over, WAD, per_unit)"),
            ),
        ],
    ),
]
