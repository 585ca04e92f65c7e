"""Proves the lemmas: a JSON line for each, as soon as it is done. With --cases N instead: N drawn inputs for each formula and what
it gives, a JSON line each, for the compiled contracts to be compared with."""

import json
import random
import sys
from dataclasses import asdict

import formulas
import lemmas_full_width
import lemmas_liquidation
import lemmas_rounding
import lemmas_term
from formulas import RATE_SECONDS, Terms
from integers import Known, Reverted
from prove import check

GROUPS = lemmas_rounding.GROUPS + lemmas_liquidation.GROUPS + lemmas_term.GROUPS


def fitting(n):
    """Words of which the quotient fits a word."""
    y, d = n.input(0, 2**256 - 1), n.input(1, 2**256 - 1)
    return n.input(0, 2**256 - 1 if y <= d else (2**256 - 1) * d // y), y, d


def pot(n):
    return n.input(0, 2**128), n.input(0, 2**112), n.input(0, 2**112)


def loan(n):
    t = lemmas_liquidation.terms(n, formulas)
    debt, collateral = n.input(1, 2**112, lambda: [t.min_debt, 2 * t.min_debt]), n.input(0, 2**96)
    at_limit = debt * (formulas.WAD + t.incentive_min) * formulas.PRICE_SCALE_PER_WAD // max(collateral, 1)
    price = n.input(1, 2**200, lambda: [at_limit, at_limit * 3 // 4, at_limit * 9 // 8])
    return collateral, price, debt, n.input(0, 2**112, lambda: [debt, debt - t.min_debt, debt // 2]), t


def annuity(n):
    principal, interval = n.input(1, 2**100), n.input(1, 2**28, lambda: [30 * 86400])
    rate, count = n.input(0, 2**61, lambda: [0, 5 * 10**16]), n.input(1, 120)
    # Growth over the whole term stays below 2^24.
    rate = min(rate, 10 * RATE_SECONDS // (interval * count))
    return principal, rate, interval, count, n.input(0, principal, lambda: [0, principal])


def period(n):
    return n.input(0, 2**112), n.input(0, 2**64), n.input(1, 2**32)


def scheduled(n):
    remaining, rate, interval = period(n)
    return remaining, n.flag(), n.input(0, 2**112, lambda: [remaining, remaining // 12]), rate, interval


def prepayment(n):
    principal = n.input(1, 2**100)
    fee, numerator = n.input(0, 10**17), n.input(0, 2**160, lambda: [principal * RATE_SECONDS // 100])
    return n.input(0, 2**100, lambda: [principal, principal // 3]), fee, numerator, principal


INPUTS = {
    "mul_div_down": fitting,
    "mul_div_up": fitting,
    "to_shares_down": pot,
    "to_shares_up": pot,
    "to_assets_down": pot,
    "to_assets_up": pot,
    "quote": loan,
    "instalment_up": annuity,
    "period_interest_up": period,
    "part": scheduled,
    "prepay": prepayment,
}


def flat(value):
    if isinstance(value, Terms):
        return [flat(one) for one in vars(value).values()]
    if isinstance(value, formulas.Quote):
        return [flat(getattr(value, name)) for name in QUOTE]
    return value if isinstance(value, bool) else str(value)


QUOTE = ("value", "health", "incentive", "allowance", "repaid", "seized", "debt_closed")


def cases(count):
    source = random.Random(2)
    for name, inputs in INPUTS.items():
        for _ in range(count):
            n = Known(source)
            given = inputs(n)
            try:
                result = flat(getattr(formulas, name)(n, *given))
            except Reverted:
                result = None
            print(json.dumps({"formula": name, "inputs": [flat(one) for one in given], "result": result}))


def lemmas():
    print(json.dumps(asdict(lemmas_full_width.check())), flush=True)
    for group in GROUPS:
        for verdict in check(group):
            print(json.dumps(asdict(verdict)), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--cases"]:
        cases(int(sys.argv[2]))
    else:
        lemmas()
