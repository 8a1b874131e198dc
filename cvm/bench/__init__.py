"""Benches: made-up branches of any size, the real code on them, and the least the same work can cost."""
