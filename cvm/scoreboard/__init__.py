"""The key-moment scoreboard: seen, delivered, handled in time, result against control, owned by nobody (idea 13)."""
