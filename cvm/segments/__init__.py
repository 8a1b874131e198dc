"""The segment explorer: rules people write, counted exactly while they write, kept with their members."""
