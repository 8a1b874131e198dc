"""What a key moment would have done in the last year, before it is switched on. Pure NumPy, on frames of past days."""
