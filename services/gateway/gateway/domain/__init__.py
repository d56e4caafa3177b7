"""Rules of identity and forwarding, without I/O."""
