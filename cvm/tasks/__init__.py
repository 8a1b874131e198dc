"""Lists of tasks, and what people do with them."""
