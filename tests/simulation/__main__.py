"""python tests/simulation --seed 4711 --steps 80: play one seed again, or many.

--seeds 0:10000 plays many, one after the other, and goes on after a failure; each is one line.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulation.play import STEPS, Failed, played


def main(arguments: list[str] | None = None) -> int:
    words = argparse.ArgumentParser(prog="python tests/simulation", description=__doc__)
    words.add_argument("--seed", type=int)
    words.add_argument("--seeds", default="0:200", help="first:end, half-open")
    words.add_argument("--steps", type=int, default=STEPS)
    said = words.parse_args(arguments)
    first, end = (int(part) for part in said.seeds.split(":"))
    seeds = range(first, end) if said.seed is None else [said.seed]
    did, happened, faults, failed = Counter(), Counter(), Counter(), 0
    for seed in seeds:
        try:
            outcome = played(seed, said.steps)
        except Failed as found:
            failed += 1
            print(found, flush=True)
            continue
        did += outcome.did
        happened += outcome.happened
        faults += outcome.faults
    for name, counts in (("commands", did), ("happened", happened), ("went wrong", faults)):
        print(f"{name}: {', '.join(f'{word} {n:,}' for word, n in sorted(counts.items()))}")
    print(f"{len(seeds):,} seeds, {failed:,} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
