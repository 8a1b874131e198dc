"""The read-mostly API: the same doors, filters and masks as the pages, under /api/v1/."""
