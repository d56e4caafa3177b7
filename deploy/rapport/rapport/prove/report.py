"""Prints a proof for people, and as JSON for machines."""

import json
from dataclasses import asdict
from pathlib import Path

from rapport.prove.run import LEAST_EVENTS, Proof


def as_text(proof: Proof) -> str:
    """Answer every figure of a proof, one line each."""
    toll = ", ".join(f"{what} {times} x" for what, times in sorted(proof.toll.killed.items()))
    lines = [f"{proof.transport}: {proof.seconds:.0f} s of {toll or 'no faults'};"]
    lines[0] += f" healed {proof.healed_in:.1f} s after the last write"
    phases = {
        "live": proof.live,
        "repeated twice, shuffled": proof.repeated,
        "fresh mirror, twice, shuffled": proof.fresh,
    }
    for phase, verdict in phases.items():
        figures = ", ".join(f"{name} {value}" for name, value in verdict.figures().items())
        lines.append(f"  {phase}: {figures}")
    return "\n".join(lines)


def problems(proofs: list[Proof]) -> list[str]:
    """Answer what is off; a proof on too few events is off as well."""
    found = [f"{proof.transport}: {fault}" for proof in proofs for fault in proof.faults]
    return found + [
        f"{proof.transport}: only {proof.live.events} events"
        for proof in proofs
        if proof.live.events < LEAST_EVENTS
    ]


def write_json(proofs: list[Proof], path: Path) -> None:
    """Write all figures to a file."""
    path.write_text(json.dumps([asdict(proof) for proof in proofs], indent=1) + "\n")
