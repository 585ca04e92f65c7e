"""What the contracts compute, statement by statement, with the same names. `run.py --cases` computes with these on known numbers;
main.ts lets the compiled contracts compute the same and compares."""

WAD = 10**18
PRICE_SCALE = 10**36
PRICE_SCALE_PER_WAD = PRICE_SCALE // WAD
VIRTUAL_SHARES = 10**6
VIRTUAL_ASSETS = 1
YEAR = 365 * 24 * 3600
RATE_SECONDS = WAD * YEAR
POWER_SCALE = 10**36


def least(n, x, y):
    return x if n.is_true(x < y) else y


def most(n, x, y):
    return x if n.is_true(x > y) else y


def zero_floor_sub(n, x, y):
    return x - y if n.is_true(x > y) else 0


# ---- contracts/math/DirectedMath.sol


def mul_div_down(n, x, y, d):
    return n.down(x, y, d)


def mul_div_up(n, x, y, d):
    return n.up(x, y, d)


# ---- contracts/math/SharesMath.sol


def to_shares_down(n, assets, pot_assets, pot_shares):
    return n.down(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)


def to_shares_up(n, assets, pot_assets, pot_shares):
    return n.up(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)


def to_assets_down(n, shares, pot_assets, pot_shares):
    return n.down(shares, pot_assets + VIRTUAL_ASSETS, pot_shares + VIRTUAL_SHARES)


def to_assets_up(n, shares, pot_assets, pot_shares):
    return n.up(shares, pot_assets + VIRTUAL_ASSETS, pot_shares + VIRTUAL_SHARES)


# ---- contracts/liquidation/LiquidationMath.sol


class Terms:
    def __init__(self, lltv, target_ltv, incentive_min, incentive_max, health_for_max, min_debt, marked, on_ramp, ramp):
        self.lltv, self.target_ltv = lltv, target_ltv
        self.incentive_min, self.incentive_max, self.health_for_max = incentive_min, incentive_max, health_for_max
        self.min_debt, self.default_marked = min_debt, marked
        self.seconds_on_ramp, self.ramp_seconds = on_ramp, ramp


class Quote:
    value = health = incentive = allowance = repaid = seized = debt_closed = 0


def incentive_of(n, value, debt, health, t):
    span = n.minus(t.incentive_max, t.incentive_min)
    shortfall = zero_floor_sub(n, WAD, health)
    shortfall_for_max = n.minus(WAD, t.health_for_max)
    if n.is_true(shortfall >= shortfall_for_max):
        incentive = t.incentive_max
    else:
        incentive = t.incentive_min + n.down(span, shortfall, shortfall_for_max)
    if n.is_true(t.default_marked):
        if n.is_true(t.seconds_on_ramp >= t.ramp_seconds):
            ramp = t.incentive_max
        else:
            ramp = t.incentive_min + n.down(span, t.seconds_on_ramp, t.ramp_seconds)
        incentive = most(n, ramp, incentive)
    room = zero_floor_sub(n, n.down(value, WAD, debt), WAD)
    if n.is_true(room < t.incentive_min):
        room = t.incentive_min
    return least(n, room, incentive)


def quote(n, collateral, price, debt, request, t, incentive_of=incentive_of):
    q = Quote()
    q.value = n.down(collateral, price, PRICE_SCALE)
    q.health = n.down(q.value, t.lltv, debt)
    q.incentive = incentive_of(n, q.value, debt, q.health, t)
    if n.is_true(q.value * WAD >= debt * (WAD + t.incentive_min)):
        covered(n, q, collateral, price, debt, request, t)
    else:
        uncovered(n, q, collateral, price, debt, request, t)
    return q


def covered(n, q, collateral, price, debt, request, t):
    q.allowance = debt
    if not n.is_true(t.default_marked):
        over = zero_floor_sub(n, debt * WAD, t.target_ltv * q.value)
        per_unit = n.minus(WAD * WAD, t.target_ltv * (WAD + q.incentive))
        to_target = n.up(over, WAD, per_unit)
        if n.is_true(to_target < debt) and n.is_true(debt - to_target >= t.min_debt):
            q.allowance = to_target
    repaid = least(n, request, q.allowance)
    if n.is_true(repaid < debt) and n.is_true(debt - repaid < t.min_debt):
        repaid = zero_floor_sub(n, debt, t.min_debt)
    q.repaid = repaid
    q.seized = seized_down(n, repaid, q.incentive, price, collateral)
    q.debt_closed = repaid


def uncovered(n, q, collateral, price, debt, request, t):
    q.allowance = cost_up(n, collateral, q.incentive, price)
    if n.is_true(q.allowance > debt):
        q.allowance = debt
    if n.is_true(request >= q.allowance):
        q.repaid, q.seized, q.debt_closed = q.allowance, collateral, debt
        return
    most_closed = zero_floor_sub(n, debt, t.min_debt)
    repaid = least(n, request, most_closed)
    seized = seized_down(n, repaid, q.incentive, price, collateral)
    most_seized = n.down(collateral, most_closed, debt)
    if n.is_true(seized > most_seized):
        seized = most_seized
        repaid = cost_up(n, most_seized, q.incentive, price)
    closed = n.up(debt, seized, collateral)
    q.repaid, q.seized = repaid, seized
    q.debt_closed = most(n, closed, repaid)


def seized_down(n, repaid, incentive, price, collateral):
    seized = n.down(repaid * (WAD + incentive), PRICE_SCALE_PER_WAD, price)
    return least(n, collateral, seized)


def cost_up(n, collateral, incentive, price):
    return n.up(collateral, price, PRICE_SCALE_PER_WAD * (WAD + incentive))


# ---- contracts/math/Amortisation.sol, contracts/loan/TermLoanMath.sol


def power_down(n, base, exponent):
    """The exponent is a known number."""
    result, square = POWER_SCALE, base
    while exponent != 0:
        if exponent & 1:
            result = n.down(result, square, POWER_SCALE)
        if exponent > 1:
            square = n.down(square, square, POWER_SCALE)
        exponent >>= 1
    return result


def instalment_up(n, principal, annual_rate, interval, count, balloon, power_down=power_down):
    rate = annual_rate * interval
    if n.is_true(rate == 0):
        return n.up(n.minus(principal, balloon), 1, count)
    power = power_down(n, POWER_SCALE + n.down(rate, POWER_SCALE, RATE_SECONDS), count)
    over = n.minus(principal * power, balloon * POWER_SCALE)
    return n.up(over, rate, RATE_SECONDS * n.minus(power, POWER_SCALE))


def period_interest_up(n, remaining, annual_rate, interval):
    return n.up(remaining, annual_rate * interval, RATE_SECONDS)


def principal_part(n, remaining, instalment, interest):
    return least(n, zero_floor_sub(n, instalment, interest), remaining)


def part(n, remaining, is_last, instalment, annual_rate, interval):
    """TermLoanMath._part."""
    if n.is_true(is_last):
        return remaining
    return principal_part(n, remaining, instalment, period_interest_up(n, remaining, annual_rate, interval))


def prepaid(n, money, fee, interest_numerator, principal):
    """The first trial of TermLoanMath._prepay, where neither next instalment nor credit stops it."""
    costs = fee * YEAR + n.up(interest_numerator, 1, principal)
    return n.down(money, RATE_SECONDS, RATE_SECONDS + costs)


def prepayment_cost(n, prepaid, fee, interest_numerator, principal):
    """What TermLoanMath._prepay takes for that much principal."""
    interest = n.up(interest_numerator, prepaid, principal)
    return prepaid + n.up(prepaid, fee, WAD) + n.up(interest, 1, RATE_SECONDS)


def prepay(n, money, fee, interest_numerator, principal):
    """TermLoanMath._prepay of a loan that has credit for its interest so far: what it takes of the money."""
    kept = n.up(interest_numerator, 1, RATE_SECONDS)
    units = least(n, prepaid(n, money, fee, interest_numerator, principal), zero_floor_sub(n, principal, kept))
    while units != 0:
        taken = prepayment_cost(n, units, fee, interest_numerator, principal)
        if taken <= money:
            return taken
        units -= 1
    return 0


# ---- OpenZeppelin's Math.mulDiv, whose words are 256 bits

WORD = 2**256


def mul_div(x, y, d):
    """On known numbers only; the lemmas of lemmas/full_width.py follow its steps."""
    low, rest = x * y % WORD, x * y % (WORD - 1)
    high = (rest - low - (rest < low)) % WORD
    if high == 0:
        return low // d
    assert d > high
    remainder = x * y % d
    high, low = high - (remainder > low), (low - remainder) % WORD
    twos = d & -d
    d, low, twos = d // twos, low // twos, ((WORD - twos) // twos + 1) % WORD
    low |= high * twos % WORD
    inverse = (3 * d) % WORD ^ 2
    for _ in range(6):
        inverse = inverse * (2 - d * inverse) % WORD
    return low * inverse % WORD
