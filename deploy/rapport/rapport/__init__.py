"""The suite as one program: the command line, embedded mode, proofs and measurements."""
