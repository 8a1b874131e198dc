"""Needs, tags, surveys and the state of the records: the pages of the loop collect – analyse – apply."""
