"""Imports for people and machines: pages, tasks, the inbox folder."""
