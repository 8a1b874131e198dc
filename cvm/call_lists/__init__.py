"""Call lists from any list or segment: made through the gate, worked off at the desk, followed to the result."""
