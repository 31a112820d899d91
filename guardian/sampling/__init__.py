"""When: one pass over the machine, the difference to the pass before, and recordings of both."""
