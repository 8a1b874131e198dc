"""The administrator's stage thresholds: draft, effect, back-test, approval, schedule, roll-back."""
