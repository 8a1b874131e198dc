"""The parts of the night; cvm/nightly.py tells how they follow each other."""
