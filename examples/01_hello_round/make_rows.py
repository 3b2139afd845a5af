#!/usr/bin/env python3
"""Makes the rows of this example. They are invented: no person stands behind any line.

Three shops mailed an offer to their customers and noted who answered. What drives an answer is the
same everywhere (recent buyers with many visits answer more), how often it happens is not; each shop
stores its table in its own way.
"""

import math
import pathlib
import random

SITES = pathlib.Path(__file__).parent / "sites"
CHANNELS = ("mail", "web", "shop")


def customer(rng, base):
    age = rng.randint(18, 80)
    visits = min(40, int(rng.expovariate(1 / 4)))
    days = min(720, int(rng.expovariate(1 / 120)) + 1)
    channel = rng.choice(CHANNELS)
    logit = (base + 0.55 * math.log1p(visits) - 0.45 * math.log1p(days) + 0.02 * (age - 45)
             + {"mail": 0.6, "web": 0.0, "shop": -0.4}[channel])
    answered = rng.random() < 1 / (1 + math.exp(-logit))
    return age, visits, days, channel, answered


def write(site, name, header, rows, encoding="utf-8"):
    folder = SITES / site
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([header, *rows]) + "\n"
    (folder / name).write_text(text, encoding=encoding)


def main():
    lisbon = random.Random(1)
    write("lisbon", "mailings.csv", "customer,age,visits,days_since_order,channel,answered",
          [f"L{i:04},{a},{v},{d},{c},{int(y)}"
           for i in range(420) for a, v, d, c, y in [customer(lisbon, 0.6)]])

    # Semicolons, own column names, J and N, channels in the shop's language, Latin-1.
    vienna = random.Random(2)
    words = {"mail": "Brief", "web": "Netz", "shop": "Geschäft"}
    write("vienna", "kunden.csv", "Kunde;Alter;Besuche;Tage;Weg;Antwort",
          [f"W{i:04};{a};{v};{d};{words[c]};{'J' if y else 'N'}"
           for i in range(380) for a, v, d, c, y in [customer(vienna, 0.2)]], "latin-1")

    # A small shop, which also writes -1 where it does not know the age.
    graz = random.Random(3)
    write("graz", "customers.csv", "id,years,visits,last_order_days,channel,reply",
          [f"G{i:03},{a if i % 9 else -1},{v},{d},{c},{int(y)}"
           for i in range(90) for a, v, d, c, y in [customer(graz, 0.9)]])


if __name__ == "__main__":
    main()
