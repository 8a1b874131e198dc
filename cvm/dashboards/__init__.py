"""The analyst's boards beyond the overview: each tile one table, drawn, exported and opened from the same figures."""
