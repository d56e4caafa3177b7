"""The verb `prove`: runs the proofs and says what they showed."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from rapport.prove.report import as_text, problems, write_json
from rapport.prove.run import Transport, prove


def prove_all(transports: Sequence[Transport], seconds: float, json: Path | None) -> int:
    """Prove each transport, print every figure; answers the exit code."""
    proofs = []
    for transport in transports:
        proof = asyncio.run(prove(transport, seconds))
        sys.stdout.write(as_text(proof) + "\n")
        sys.stdout.flush()
        proofs.append(proof)
    if json:
        write_json(proofs, json)
    found = problems(proofs)
    sys.stdout.write("\n".join(found or ["Nothing lost, nothing doubled, nothing out of order."]))
    sys.stdout.write("\n")
    return 1 if found else 0
