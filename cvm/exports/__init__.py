"""Files of customer lists: requested with a purpose, limited, approved where large, written whole, taken once."""
