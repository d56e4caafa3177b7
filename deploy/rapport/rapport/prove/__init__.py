"""Shows that no event is lost, doubled or disordered, whatever is killed meanwhile (A1-A4, A6).

The sample service of the chassis runs as many processes: writers book amounts, relays and consumers
move the events to a mirror that counts them naively. All of them are killed at random, the broker
is killed and frozen, one booking in a hundred is poison. When all has calmed down, the mirror is
compared with the ledger; then every event is delivered twice more in random order, to the live
mirror and to a fresh one, and compared again.
"""
