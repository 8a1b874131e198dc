"""`python -m cvm.localstack FOLDER`: the guard of throw-away servers (throw_away.py starts it)."""

import sys
from pathlib import Path

from cvm.localstack.throw_away import guard

if __name__ == "__main__":
    guard(Path(sys.argv[1]))
