"""Reads that turn rows of a range of customers into frame columns."""
