"""The playbook of each stage: read by everybody who serves, edited by administrators in versions."""
