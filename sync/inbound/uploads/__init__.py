"""Files that people bring, each one unit: rehearsed, loaded with progress, taken back if wrong.

The database is the queue here too: what a person asks for is a state of the upload's row, and
whoever holds its lease works on it (`work`). `rehearsal` tells what would become of the rows,
`rollback` takes back what they brought, `standing` tells how far a file has come.
"""

from sync.inbound.uploads.asking import BadUpload, ask, bring, withdraw
from sync.inbound.uploads.work import work_off, work_one

__all__ = ["BadUpload", "ask", "bring", "withdraw", "work_off", "work_one"]
