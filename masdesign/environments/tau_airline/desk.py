"""The tools of an airline's service desk, over its database.

They behave as those of tau-bench (arXiv:2406.12045) did when its episodes were recorded; what those did
not check (the airline's policy), these do not either.
"""

import ast
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from masdesign.environments.state import WrongCall
from masdesign.environments.tau_airline.database import Database, Record
from masdesign.syntax import tree_of

NOW = "2024-05-15T15:00:00"
BAG, INSURANCE = 50, 30
"""US dollars: a checked bag that is not free, and a passenger's travel insurance."""
NEW_RESERVATIONS = ("HATHAT", "HATHAU", "HATHAV")
NEW_CERTIFICATES = (3221322, 3221323, 3221324)
TRANSFERRED = "Transfer successful"
AIRPORTS = {
    "SFO": "San Francisco", "JFK": "New York", "LAX": "Los Angeles", "ORD": "Chicago", "DFW": "Dallas",
    "DEN": "Denver", "SEA": "Seattle", "ATL": "Atlanta", "MIA": "Miami", "BOS": "Boston", "PHX": "Phoenix",
    "IAH": "Houston", "LAS": "Las Vegas", "MCO": "Orlando", "EWR": "Newark", "CLT": "Charlotte",
    "MSP": "Minneapolis", "DTW": "Detroit", "PHL": "Philadelphia", "LGA": "LaGuardia",
}  # fmt: skip


class Desk:
    """One method a tool: takes its arguments, gives the observation's text.

    Every method raises `WrongCall` where the recorded tool answered ``Error: …``.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def book_reservation(
        self, user_id: str, origin: str, destination: str, flight_type: str, cabin: str,
        flights: list[Record], passengers: list[Record], payment_methods: list[Record],
        total_baggages: int, nonfree_baggages: int, insurance: str,
    ) -> str:  # fmt: skip
        """Book a reservation, paid in full."""
        user = self._user(user_id)
        legs = [self._leg(flight, cabin, len(passengers)) for flight in flights]
        total = len(passengers) * sum(leg["price"] for leg in legs) + BAG * nonfree_baggages
        total += INSURANCE * len(passengers) if insurance == "yes" else 0
        _check_payments(user, payment_methods, total)
        number = next(n for n in NEW_RESERVATIONS if self.database.get("reservations", n) is None)
        reservation = {
            "reservation_id": number, "user_id": user_id, "origin": origin, "destination": destination,
            "flight_type": flight_type, "cabin": cabin, "flights": legs, "passengers": passengers,
            "payment_history": payment_methods, "created_at": NOW, "total_baggages": total_baggages,
            "nonfree_baggages": nonfree_baggages, "insurance": insurance,
        }  # fmt: skip
        self.database.add("reservations", number, reservation)
        user = self.database.change("users", user_id)
        user["reservations"].append(number)
        for payment in payment_methods:
            _deduct(user, payment["payment_id"], payment["amount"])
        return _text(reservation)

    def calculate(self, expression: str) -> str:
        """Evaluate an arithmetic expression, to two decimals."""
        if not set(expression) <= set("0123456789+-*/(). "):
            raise WrongCall("Error: invalid characters in expression")
        try:
            return str(round(float(_value(tree_of(expression.strip(), "eval").body)), 2))
        except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
            raise WrongCall(f"Error: {error}") from error

    def cancel_reservation(self, reservation_id: str) -> str:
        """Cancel a reservation, and note its refund."""
        self._reservation(reservation_id)
        reservation = self.database.change("reservations", reservation_id)
        refunds = [
            {"payment_id": payment["payment_id"], "amount": -payment["amount"]}
            for payment in reservation["payment_history"]
        ]
        reservation["payment_history"].extend(refunds)
        reservation["status"] = "cancelled"
        return _text(reservation)

    def get_reservation_details(self, reservation_id: str) -> str:
        """Show a reservation."""
        return _text(self._reservation(reservation_id))

    def get_user_details(self, user_id: str) -> str:
        """Show a user's profile."""
        return _text(self._user(user_id))

    def list_all_airports(self) -> str:
        """Show airports with their cities."""
        return _text(AIRPORTS)

    def search_direct_flight(self, origin: str, destination: str, date: str) -> str:
        """Show the flights that can be booked."""
        return _text([offer for _, offer in self._offers(origin, destination, date)])

    def search_onestop_flight(self, origin: str, destination: str, date: str) -> str:
        """Show pairs of flights that can be booked."""
        pairs = []
        for flight, first in self._offers(origin, None, date):
            late = "+1" in flight["scheduled_arrival_time_est"]
            day = f"2024-05-{int(date[-2:]) + 1}" if late else date
            # As recorded: what is shown of an onward flight of the next day is of the day that was asked for.
            for onward, second in self._offers(flight["destination"], destination, date):
                if flight["scheduled_arrival_time_est"] <= onward["scheduled_departure_time_est"]:
                    pairs.append([first | {"date": date}, second | {"date": day}])
        return _text(pairs)

    def send_certificate(self, user_id: str, amount: float) -> str:
        """Add a certificate to a user's means of payment."""
        self._user(user_id)
        methods = self.database.change("users", user_id)["payment_methods"]
        for number in NEW_CERTIFICATES:
            name = f"certificate_{number}"
            if name not in methods:
                methods[name] = {"source": "certificate", "amount": amount, "id": name}
                return f"Certificate {name} added to user {user_id} with amount {amount}."
        raise WrongCall("Error: no more certificates can be sent to this user")

    def think(self, thought: str) -> str:
        """Do nothing."""
        return ""

    def transfer_to_human_agents(self, summary: str) -> str:
        """End the conversation."""
        return TRANSFERRED

    def update_reservation_baggages(
        self, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
    ) -> str:
        """Change the number of checked bags; only ones that are added and not free are paid."""
        reservation = self._reservation(reservation_id)
        price = BAG * max(0, nonfree_baggages - reservation["nonfree_baggages"])
        reservation = self._pay(reservation, payment_id, price)
        reservation["total_baggages"] = total_baggages
        reservation["nonfree_baggages"] = nonfree_baggages
        return _text(reservation)

    def update_reservation_flights(
        self, reservation_id: str, cabin: str, flights: list[Record], payment_id: str
    ) -> str:
        """Change flights or cabin, at the difference of prices; the reservation's cabin stays as it says."""
        reservation = self._reservation(reservation_id)
        count, booked = len(reservation["passengers"]), reservation["flights"]
        kept = {(leg["flight_number"], leg["date"]): leg for leg in booked if cabin == reservation["cabin"]}
        legs = []
        for flight in flights:
            leg = kept.get((flight["flight_number"], flight["date"]))
            ends = self._flight(flight["flight_number"])
            legs.append(
                flight | {"price": leg["price"], "origin": ends["origin"], "destination": ends["destination"]}
                if leg else self._leg(flight, cabin, count)
            )  # fmt: skip
        price = count * (sum(leg["price"] for leg in legs) - sum(leg["price"] for leg in booked))
        reservation = self._pay(reservation, payment_id, price)
        reservation["flights"] = legs
        return _text(reservation)

    def update_reservation_passengers(self, reservation_id: str, passengers: list[Record]) -> str:
        """Change who flies, not how many."""
        if len(passengers) != len(self._reservation(reservation_id)["passengers"]):
            raise WrongCall("Error: number of passengers does not match")
        reservation = self.database.change("reservations", reservation_id)
        reservation["passengers"] = passengers
        return _text(reservation)

    def _user(self, user_id: str) -> Record:
        return _existing(self.database.get("users", user_id), "user not found")

    def _reservation(self, reservation_id: str) -> Record:
        return _existing(self.database.get("reservations", reservation_id), "reservation not found")

    def _flight(self, number: str) -> Record:
        return _existing(self.database.get("flights", number), f"flight {number} not found")

    def _leg(self, flight: Record, cabin: str, passengers: int) -> Record:
        """A leg of a reservation at today's price; the flight must have seats for all."""
        number, date = flight["flight_number"], flight["date"]
        record = self._flight(number)
        day = _existing(record["dates"].get(date), f"flight {number} not found on date {date}")
        if day["status"] != "available":
            raise WrongCall(f"Error: flight {number} not available on date {date}")
        if day["available_seats"][cabin] < passengers:
            raise WrongCall(f"Error: not enough seats on flight {number}")
        ends = {"origin": record["origin"], "destination": record["destination"]}
        return flight | {"price": day["prices"][cabin]} | ends

    def _offers(self, origin: str, destination: str | None, date: str) -> list[tuple[Record, Record]]:
        """Flights that can be booked on a date: each record, and what of it is shown."""
        offers = []
        for flight in self.database.all("flights"):
            wanted = flight["origin"] == origin and destination in (None, flight["destination"])
            day = flight["dates"].get(date)
            if wanted and day and day["status"] == "available":
                shown = {key: value for key, value in flight.items() if key != "dates"}
                offers.append((flight, shown | day))
        return offers

    def _pay(self, reservation: Record, payment_id: str, price: float) -> Record:
        """Charge a change to a means of payment of the user; give the reservation, to be changed."""
        user = self._user(reservation["user_id"])
        method = _existing(user["payment_methods"].get(payment_id), "payment method not found")
        if method["source"] == "certificate":
            raise WrongCall("Error: certificate cannot be used to update reservation")
        if method["source"] == "gift_card" and method["amount"] < price:
            raise WrongCall("Error: gift card balance is not enough")
        changed = self.database.change("reservations", reservation["reservation_id"])
        if price:
            changed["payment_history"].append({"payment_id": payment_id, "amount": price})
            _deduct(self.database.change("users", reservation["user_id"]), payment_id, price)
        return changed


def _check_payments(user: Record, payments: Sequence[Record], total: float) -> None:
    for payment in payments:
        number, amount = payment["payment_id"], payment["amount"]
        method = _existing(user["payment_methods"].get(number), f"payment method {number} not found")
        if method["source"] in ("gift_card", "certificate") and method["amount"] < amount:
            raise WrongCall(f"Error: not enough balance in payment method {number}")
    paid = sum(payment["amount"] for payment in payments)
    if paid != total:
        raise WrongCall(f"Error: payment amount does not add up, total price is {total}, but paid {paid}")


def _deduct(user: Record, payment_id: str, amount: float) -> None:
    """Take an amount off a gift card; a certificate is used up whatever it was worth."""
    method = user["payment_methods"][payment_id]
    if method["source"] == "gift_card":
        method["amount"] -= amount
    elif method["source"] == "certificate":
        del user["payment_methods"][payment_id]


def _existing(record: Record | None, problem: str) -> Record:
    if record is None:
        raise WrongCall(f"Error: {problem}")
    return record


def _text(value: Any) -> str:
    return json.dumps(value)


_OPERATIONS: Mapping[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip


def _value(node: ast.expr) -> float:
    """The value of an arithmetic expression; a power is refused, since it can take for ever."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.operand))
    raise ValueError("not an arithmetic expression")
