"""Rounding and shares: contracts/math/DirectedMath.sol and SharesMath.sol, on all natural numbers."""

from prove import Group, Lemma

ANY = "all natural numbers"
U128 = 2**128
U256 = 2**256


def down_and_up(n, f):
    x, y, d = n.input(0, U256), n.input(0, U256), n.input(1, U256)
    down, up = f.mul_div_down(n, x, y, d), f.mul_div_up(n, x, y, d)
    n.grows(up + 1, down, d)
    n.grows(down + 2, up, d)
    return [
        ("DIV-1", "down is at most the quotient", down * d <= x * y),
        ("DIV-1", "down is less than one below it", x * y < (down + 1) * d),
        ("DIV-1", "up is at least the quotient", up * d >= x * y),
        ("DIV-1", "up is less than one above it", (up - 1) * d < x * y),
        ("DIV-1", "up is down or one more", n.either(up == down, up == down + 1)),
    ]


def monotone(n, f):
    x, y, d = n.input(0, U256), n.input(0, U256), n.input(1, U256)
    more = n.input(0, U256)
    results = {}
    for kind, div in (("down", f.mul_div_down), ("up", f.mul_div_up)):
        results[kind] = (div(n, x, y, d), div(n, x + more, y, d), div(n, x, y, d + more))
    goals = []
    for kind, (at, grown, divided) in results.items():
        n.grows(d, d + more, divided)
        n.grows(d, d + more, divided - 1)
        n.grows(0, more, y)
        for low, high, by in ((grown + 1, at, d), (at + 1, divided, d)):
            n.grows(low, high, by)
        goals += [("DIV-2", f"{kind} grows with x", at <= grown), ("DIV-2", f"{kind} falls with d", divided <= at)]
    return goals


def round_trip(n, f):
    amount, assets, shares = n.input(0, U128), n.input(0, U128), n.input(0, U128)
    pot = (assets, shares)
    bought, cost = f.to_shares_down(n, amount, *pot), f.to_shares_up(n, amount, *pot)
    worth, price = f.to_assets_down(n, amount, *pot), f.to_assets_up(n, amount, *pot)
    s, a = shares + f.VIRTUAL_SHARES, assets + f.VIRTUAL_ASSETS
    goals = []
    for name, low, high, by in (
        ("assets to shares and back, both down", f.to_assets_down(n, bought, *pot), amount, s),
        ("shares to assets and back, both down", f.to_shares_down(n, worth, *pot), amount, a),
        ("shares bought cost no more than was paid", f.to_assets_up(n, bought, *pot), amount, s),
        ("shares burnt for what they are worth are no more than they", f.to_shares_up(n, worth, *pot), amount, a),
        ("what is paid for shares buys no fewer", amount, f.to_shares_down(n, price, *pot), a),
        ("shares burnt for assets are worth no less", amount, f.to_assets_down(n, cost, *pot), s),
    ):
        n.grows(high + 1, low, by)
        goals.append(("SHARES-1", name, low <= high))
    return goals


def price_kept(n, f):
    """The price of a share, (assets + 1) / (shares + 1e6), is compared by cross-multiplication."""
    amount, assets, shares = n.input(0, U128), n.input(0, U128), n.input(0, U128)
    s, a = shares + f.VIRTUAL_SHARES, assets + f.VIRTUAL_ASSETS
    minted, cost = f.to_shares_down(n, amount, assets, shares), f.to_assets_up(n, amount, assets, shares)
    burnt, paid = f.to_shares_up(n, amount, assets, shares), f.to_assets_down(n, amount, assets, shares)
    return [
        ("SHARES-2", "a deposit does not lower it", (a + amount) * s >= a * (s + minted)),
        ("SHARES-2", "a mint does not lower it", (a + cost) * s >= a * (s + amount)),
        ("SHARES-2", "a withdrawal does not lower it", (a - amount) * s >= a * (s - burnt)),
        ("SHARES-2", "a redemption does not lower it", (a - paid) * s >= a * (s - amount)),
    ]


def splitting(n, f):
    first, second = n.input(0, U128), n.input(0, U128)
    assets, shares = n.input(0, U128), n.input(0, U128)
    s, a = shares + f.VIRTUAL_SHARES, assets + f.VIRTUAL_ASSETS
    one = f.to_shares_down(n, first, assets, shares)
    two = f.to_shares_down(n, second, assets + first, shares + one)
    both = f.to_shares_down(n, first + second, assets, shares)
    # The first deposit leaves a price at least as high: two * a <= second * s.
    n.grows((s + one) * a, s * (a + first), second)
    n.grows(two * (a + first), second * (s + one), a)
    n.grows(second * s + 1, two * a, a + first)
    n.grows(both + 1, one + two, a)
    return [("SHARES-3", "in two parts one gets no more", one + two <= both)]


GROUPS = [
    Group(
        ANY,
        down_and_up,
        [
            Lemma(
                "DIV-1",
                "mulDivDown and mulDivUp are the quotient rounded down and up, and differ by at most one",
                ("return n.up(x, y, d)", "return n.down(x, y, d) + 1"),
            )
        ],
    ),
    Group(
        ANY,
        monotone,
        [
            Lemma(
                "DIV-2",
                "both grow with the product and fall with the divisor",
                ("return n.down(x, y, d)", "return n.down(x, y, d) ^ 1"),
            )
        ],
    ),
    Group(
        ANY,
        round_trip,
        [
            Lemma(
                "SHARES-1",
                "there and back, a conversion between assets and shares never favours whoever converts",
                (
                    "return n.down(shares, pot_assets + VIRTUAL_ASSETS, pot_shares + VIRTUAL_SHARES)",
                    "return n.up(shares, pot_assets + VIRTUAL_ASSETS, pot_shares + VIRTUAL_SHARES)",
                ),
            )
        ],
    ),
    Group(
        ANY,
        price_kept,
        [
            Lemma(
                "SHARES-2",
                "entering and leaving never lower the price of a share",
                (
                    "return n.up(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)",
                    "return n.down(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)",
                ),
            )
        ],
    ),
    Group(
        ANY,
        splitting,
        [
            Lemma(
                "SHARES-3",
                "a deposit split in two brings no more shares",
                (
                    "return n.down(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)",
                    "return n.up(assets, pot_shares + VIRTUAL_SHARES, pot_assets + VIRTUAL_ASSETS)",
                ),
            )
        ],
    ),
]
