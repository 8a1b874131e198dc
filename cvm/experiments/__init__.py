"""Tests of offers: from any list or segment to a draw by chance, and to what it taught."""
