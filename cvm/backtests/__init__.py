"""Back-tests of key moments: what a kind, or a draft of its terms, would have found in the past twelve months."""
