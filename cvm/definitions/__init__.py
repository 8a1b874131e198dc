"""What every number means (口径): one registry with versions, since when each holds, and what changed."""
