"""What blocks refuse before they ask anything."""

from masdesign.workflow import running


def at_least_one(block: str, **numbers: int) -> None:
    """Ends the item with a design failure that names the first of the numbers that is below 1."""
    for name, number in numbers.items():
        if number < 1:
            raise running().failed(f"{block}: {name} is {number}", f"give {name} a value of 1 or more")
