"""The administrator's value ladder: draft, effect, approval, schedule, roll-back."""
