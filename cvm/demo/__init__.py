"""Demonstration data: a synthetic branch written as the operator's own files, and its first staff.

Reading order: scenario → people → hazard → life → calibrate → usage, ties, incidents → files; truth stands apart.
Nothing outside this package and the tests knows that the hidden answers exist.
"""
