"""The pages of key moments: catalogue, detection log, playbook with its editor, and what came of them (S-161)."""
