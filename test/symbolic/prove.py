"""A lemma, its proof and its mutated twin.

The proof is by linear arithmetic, every product of unknowns taken for a number of its own. That forgets what products are, so what
follows does so for all natural numbers, however large; what needs more than that is brought by a hint (`grows`).

A statement is one function: it asks `n` for inputs, computes with the formulas `f`, and returns what must hold. Run on unknown
numbers, what must hold is proved on every way through the branches. Run on numbers drawn at random, the same function shows that
its assumptions are met by some (nothing passes because nothing is tried), and finds numbers for which the twin, the same formula
with one fault in it, does not hold.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Callable

import z3

from integers import Known, Reverted, ways
from polynomials import Linear

PROOF_MILLISECONDS = 30_000
DRAWS = 5_000
TWIN_DRAWS = 40_000
LEAST_MET = 100


@dataclass(frozen=True)
class Lemma:
    name: str
    claim: str
    fault: tuple[str, str]
    """Text that stands once in formulas.py, and what it is replaced by in the twin."""


@dataclass(frozen=True)
class Group:
    """Lemmas on one statement, which returns its goals as (lemma's name, what holds, condition)."""

    range: str
    statement: Callable
    lemmas: list[Lemma]


@dataclass
class Verdict:
    lemma: str
    claim: str
    range: str
    ways: int
    """Ways through the branches that are not contradictory in themselves; on each of them every goal was proved."""
    met: int
    """Drawn inputs that met the assumptions."""
    fault: str
    twin: str | None
    """What the twin violates, with numbers."""
    problem: str | None
    """Why the lemma does not count as proved."""


FORMULAS = Path(__file__).with_name("formulas.py")


def formulas(fault=None) -> ModuleType:
    text = FORMULAS.read_text()
    if fault is not None:
        old, new = fault
        if text.count(old) != 1:
            raise ValueError(f"The fault's text {old!r} stands {text.count(old)} times in formulas.py, not once.")
        text = text.replace(old, new)
    module = ModuleType("formulas")
    exec(compile(text, str(FORMULAS), "exec"), module.__dict__)
    return module


def prove(group: Group) -> tuple[int, dict[str, str]]:
    """How many ways can be gone, and by lemma what could not be proved."""
    f, count, open_goals, linear = formulas(), 0, {}, Linear()
    for goals, facts in ways(lambda n: group.statement(n, f)):
        solver = z3.SolverFor("QF_LIA")
        solver.set("timeout", PROOF_MILLISECONDS)
        solver.add(*map(linear.of, facts))
        if solver.check() == z3.unsat:
            continue
        count += 1
        for lemma, name, goal in goals:
            solver.push()
            solver.add(z3.Not(linear.of(goal)), *(product >= 0 for product in linear.products.values()))
            if solver.check() != z3.unsat:
                open_goals.setdefault(lemma, f"{name}: not proved on way {count}")
            solver.pop()
    return count, open_goals


def draws(group: Group, f: ModuleType, most: int):
    """Inputs drawn at random, always the same. Yields, of those that meet the assumptions, what does not hold, by lemma."""
    source = random.Random(1)
    for _ in range(most):
        n = Known(source)
        try:
            goals = group.statement(n, f)
        except Reverted:
            continue
        yield {lemma: f"{name}; inputs {', '.join(map(str, n.drawn))}" for lemma, name, holds in goals if not holds}


def check(group: Group) -> list[Verdict]:
    count, open_goals = prove(group)
    met = 0
    for broken in draws(group, formulas(), DRAWS):
        met += 1
        for lemma, what in broken.items():
            open_goals[lemma] = f"does not hold: {what}"
    verdicts = []
    for lemma in group.lemmas:
        twin = next((broken[lemma.name] for broken in draws(group, formulas(lemma.fault), TWIN_DRAWS) if lemma.name in broken), None)
        problem = open_goals.get(lemma.name)
        if met < LEAST_MET:
            problem = f"its assumptions were met {met} times in {DRAWS} draws: is anything shown?"
        if twin is None:
            problem = problem or f"its twin holds too in {TWIN_DRAWS} draws: the lemma says too little, or the fault is none"
        verdicts.append(
            Verdict(
                lemma=lemma.name,
                claim=lemma.claim,
                range=group.range,
                ways=count,
                met=met,
                fault=" -> ".join(lemma.fault),
                twin=twin,
                problem=problem,
            )
        )
    return verdicts
