"""``.eval``: a log of Inspect, a ZIP file with one JSON file a sample. Read for `masdesign score`."""

import json
import zipfile
from collections.abc import Iterator

from masdesign.errors import InputError
from masdesign.tasks.readers import Record


class InspectLog:
    """Reads the samples of Inspect's logs, in order of their names."""

    name = "eval"
    endings = (".eval",)
    prefix = ""

    def read(self, source: str) -> Iterator[Record]:
        try:
            with zipfile.ZipFile(source) as log:
                names = sorted(n for n in log.namelist() if n.startswith("samples/") and n.endswith(".json"))
                for name in names:
                    yield Record(f"{source}, {name}", json.loads(log.read(name)))
        except FileNotFoundError:
            raise InputError(f"{source} does not exist; check the path") from None
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise InputError(f"{source} cannot be read as a log of Inspect ({error}); is it whole?") from None


inspect_log = InspectLog()
