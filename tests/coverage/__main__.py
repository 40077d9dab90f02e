"""`python -m loopdesk.tests.coverage` writes ``docs/coverage.md`` anew and says what has no test yet."""

import sys

from loopdesk.tests.coverage import page
from loopdesk.tests.coverage.marks import collect

if __name__ == "__main__":
    found = collect()
    page.write(found)
    missing = page.missing(found)
    sys.stdout.write(f"{len(found)} rows and clauses have tests; owed and without: {len(missing)}\n")
    sys.stdout.writelines(f"  {id_}\n" for id_ in missing)
