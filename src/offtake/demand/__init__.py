"""What is needed: traces of real jobs, one reader a format, all as the same columns."""

from offtake.demand import itp, swf

READERS = {reader.NAME: reader for reader in (itp, swf)}
