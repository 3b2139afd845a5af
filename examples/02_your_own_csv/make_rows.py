#!/usr/bin/env python3
"""Makes customers.csv, the stand-in for your own file. The rows are invented."""

import datetime
import pathlib
import random

HEADER = "Customer;Seen on;Signed up;Country;Newsletter;Visits;Last basket;Spent next month"
COUNTRIES = {"AT": 4.0, "DE": 0.0, "PT": -6.0, "BR": -9.0}


def money(value):
    return f"{value:.2f}".replace(".", ",")


def main():
    rng = random.Random(11)
    rows = []
    for i in range(900):
        seen = datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(180))
        signed = seen - datetime.timedelta(days=rng.randint(1, 1500))
        country = rng.choice(tuple(COUNTRIES))
        newsletter = rng.random() < 0.4
        visits = min(60, int(rng.expovariate(1 / 6)))
        basket = round(rng.lognormvariate(3.2, 0.6), 2) if rng.random() > 0.1 else None
        spent = (12 + COUNTRIES[country] + 5 * newsletter + 1.1 * visits + 0.25 * (basket or 25)
                 + 0.004 * (seen - signed).days + rng.gauss(0, 8))
        rows.append(";".join([f"C{i:04}", seen.isoformat(), signed.isoformat(), country,
                              "Y" if newsletter else "N", str(visits),
                              money(basket) if basket else "", money(max(0.0, spent))]))
    path = pathlib.Path(__file__).parent / "customers.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
