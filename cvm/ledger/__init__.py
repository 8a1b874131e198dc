"""The cohort's ledger as pages: movements that open their customers, rates, vintages, the month-end close."""
