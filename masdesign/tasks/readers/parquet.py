"""Parquet, read a batch of rows at a time. Needs the extra ``parquet``."""

from collections.abc import Iterator

from masdesign.errors import InputError
from masdesign.tasks.readers import Record

_BATCH = 1024


class Parquet:
    """Reads Parquet files."""

    name = "parquet"
    endings = (".parquet",)
    prefix = ""

    def read(self, source: str) -> Iterator[Record]:
        try:
            import pyarrow.parquet
        except ImportError:
            raise InputError(f"{source}: Parquet needs pyarrow; install masdesign[parquet]") from None
        number = 0
        try:
            with pyarrow.parquet.ParquetFile(source) as file:
                for batch in file.iter_batches(batch_size=_BATCH):
                    for row in batch.to_pylist():
                        number += 1
                        yield Record(f"{source}, row {number}", row)
        except FileNotFoundError:
            raise InputError(f"{source} does not exist; check the path") from None
        except (OSError, pyarrow.ArrowException) as error:
            raise InputError(
                f"{source} cannot be read as Parquet ({str(error).splitlines()[0]}); is it whole?"
            ) from error


parquet = Parquet()
