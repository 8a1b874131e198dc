"""Events as they happen: signed, read, stored once, and what they change about a customer."""
