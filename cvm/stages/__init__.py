"""The life stages over time: who went from which stage to which, how long stages last, who comes back."""
