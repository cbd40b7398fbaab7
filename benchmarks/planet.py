"""The planet on paper: 20,000 tiles of one year on 100 to 6,400 cores, simulated task by task.

Run: ``python -P benchmarks/planet.py``. Measured here (`benchmarks/tile.py`): core seconds and bytes of a scene.
Assumed, and printed: how many scenes a tile takes, how fast the source answers all readers together and one alone, slow
machines, and machines that are taken away. docs/planet.md discusses the table.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np

TILES = 20_000
GBIT = 1e9 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Planet:
    """What a run of the planet is made of."""

    cores: int
    """All that compute."""
    cores_a_task: int = 4
    """Of one tile-year."""
    scene_core_s: float = 162.0
    """Core seconds of a scene, all stages; measured without AMX."""
    scene_bytes: float = 0.865e9
    """Of the six bands and the scene classification of a whole tile: 1.5 bytes a pixel at 10 m, 2.1 and 0.5 at 20 m, as
    measured in Flanders."""
    source: float = 100 * GBIT
    """Bytes a second that the source gives all readers together; assumed."""
    line: float = 2 * GBIT
    """Bytes a second that one task reads at most; assumed."""
    loss_per_hour: float = 0.02
    """Tasks whose machine is taken away, per hour and task: the scene that was being classified is lost; assumed."""
    restart_s: float = 120.0
    """Until such a task goes on elsewhere; assumed."""
    slow: float = 0.01
    """Share of tasks on a machine of a third of the speed; assumed."""
    broken: float = 0.001
    """Share of tiles that fail at their first scene, each of three times; assumed."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    days: float
    """From the first task to the end of the last."""
    core_hours: float
    """Paid: all cores until the last task ends that keeps them."""
    busy: float
    """Share of them in which a task ran that computed, and did not wait for the source."""
    last_percent_h: float
    """Hours in which the last hundredth of the tiles ended."""
    read_tb: float
    """Bytes read, those of lost scenes again."""


def scenes_a_tile(tiles: int, random: np.random.Generator) -> np.ndarray:
    """Return scenes of each tile-year: 10 to 48, 22.5 in the mean, as the published map used; its spread is assumed."""
    return np.minimum(10 + random.negative_binomial(2.5, 2.5 / (2.5 + 12.6), tiles), 48)


def run(planet: Planet, tiles: int = TILES) -> Outcome:
    """Hand tile-years to slots as they become free; the source's speed is shared by those that read."""
    random = np.random.default_rng(planet.seed)
    scenes = scenes_a_tile(tiles, random)
    slots = planet.cores // planet.cores_a_task
    pace = random.lognormal(0, 0.15, tiles) * np.where(random.random(tiles) < planet.slow, 3, 1)
    tries = np.where(random.random(tiles) < planet.broken, 3, 0)
    compute = planet.scene_core_s / planet.cores_a_task * pace
    free, ends = [0.0] * slots, np.zeros(tiles)
    waited = computed = read = 0.0
    for tile in range(tiles):
        start = heapq.heappop(free)
        transfer = planet.scene_bytes / min(planet.line, planet.source / min(slots, tiles - tile))
        a_scene = max(compute[tile], transfer)
        count = tries[tile] or scenes[tile]
        lost = random.poisson(planet.loss_per_hour * count * a_scene / 3600)
        took = (count + 0.5 * lost) * a_scene + lost * planet.restart_s
        computed += (count + 0.5 * lost) * compute[tile]
        waited += (count + 0.5 * lost) * (a_scene - compute[tile]) + lost * planet.restart_s
        read += (count + 0.5 * lost) * planet.scene_bytes
        ends[tile] = start + took
        heapq.heappush(free, ends[tile])
    ends.sort()
    paid = sum(free) * planet.cores_a_task / 3600
    return Outcome(
        days=ends[-1] / 86_400,
        core_hours=paid,
        busy=computed / (computed + waited),
        last_percent_h=(ends[-1] - ends[-tiles // 100]) / 3600,
        read_tb=read / 1e12,
    )


def main() -> None:
    """Print the table of docs/planet.md."""
    usual = Planet(cores=1)
    print(f"{usual}\n")
    cases = {
        "as measured, 100 Gbit/s": usual,
        "25 Gbit/s": replace(usual, source=25 * GBIT),
        "400 Gbit/s": replace(usual, source=400 * GBIT),
        "beside the archive, twice as fast a core": replace(usual, source=400 * GBIT, scene_core_s=81.0),
    }
    print("| | cores | days | core hours | of them computing | last 1 % of the tiles, h | TB read |")
    print("|---|---|---|---|---|---|---|")
    for name, case in cases.items():
        for cores in (100, 400, 1600, 6400):
            got = run(replace(case, cores=cores))
            print(
                f"| {name} | {cores:,} | {got.days:.2f} | {got.core_hours:,.0f} | {got.busy:.0%} "
                f"| {got.last_percent_h:.1f} | {got.read_tb:,.0f} |"
            )


if __name__ == "__main__":
    main()
