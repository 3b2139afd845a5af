"""Ten sites sum a vector that the coordinator does not see: encrypt, serialise, add, decrypt."""

import numpy as np
import phe
import tenseal

import rivals

SITES = 10
PAILLIER_VALUES = 1_000
PAILLIER_BITS = 2048
CKKS_SLOTS = 4096

CKKS_THREATS = """\
  TenSEAL, CKKS (8192; 60, 40, 40 bits): one secret key. Whoever has it opens every vector, so it
  must not be the coordinator; a site that shares it with the coordinator opens all. Sums are
  approximate. Nobody drops out late: what has arrived is summed."""
PAILLIER_THREATS = """\
  python-paillier, 2,048 bits: one private key, as above. Sums are exact. Extrapolated from
  1,000 values, all parts being linear in them; the library puts one value into a ciphertext,
  who packs some fifty pays a fiftieth."""
FLORIN_THREATS = """\
  Florin, lattices: three decryptors with a key each, who must answer together and open sums
  alone; that the sum is of enough sites is theirs to check. Sums are exact.
  Florin, masks: no key; a vector is hidden while most of its neighbours are honest, and the sum
  opens when enough of them answer. Sums are exact."""


def ckks(vectors: list[np.ndarray]) -> tuple[dict[str, float], float]:
    clock = rivals.Clock()
    secret = tenseal.context(tenseal.SCHEME_TYPE.CKKS, poly_modulus_degree=8192,
                             coeff_mod_bit_sizes=[60, 40, 40], n_threads=1)
    secret.global_scale = 2**40
    public = tenseal.context_from(secret.serialize(save_secret_key=False), n_threads=1)
    total: list[tenseal.CKKSVector] = []
    size = 0
    for vector in vectors:
        pieces = [vector[i:i + CKKS_SLOTS] for i in range(0, len(vector), CKKS_SLOTS)]
        with clock.part("encrypt"):
            sealed = [tenseal.ckks_vector(public, piece) for piece in pieces]
        with clock.part("serialise"):
            sent = [piece.serialize() for piece in sealed]
        size = sum(len(piece) for piece in sent)
        with clock.part("parse"):
            arrived = [tenseal.ckks_vector_from(public, piece) for piece in sent]
        with clock.part("add"):
            if total:
                for place, piece in zip(total, arrived, strict=True):
                    place += piece
            else:
                total = arrived
    with clock.part("decrypt"):
        opened = np.concatenate([piece.decrypt(secret.secret_key()) for piece in total])
    error = float(np.abs(opened - np.sum(vectors, axis=0)).max())
    print(f"CKKS: largest error of a sum {error:.2e}")
    assert error < 1e-3, "CKKS gave a wrong sum"
    return clock.seconds, size / len(vectors[0])


def paillier(entries: int) -> tuple[dict[str, float], float]:
    """As CPU seconds of so many entries."""
    clock = rivals.Clock()
    public, private = phe.generate_paillier_keypair(n_length=PAILLIER_BITS)
    values = [int(value) for value in np.random.default_rng(1).integers(0, 2**32, PAILLIER_VALUES)]
    with clock.part("encrypt"):
        sealed = [public.encrypt(value) for value in values]
        sent = [value.ciphertext() for value in sealed]
    size = sum((value.bit_length() + 7) // 8 for value in sent) / PAILLIER_VALUES
    with clock.part("add"):
        doubled = [value + value for value in sealed]
    with clock.part("decrypt"):
        opened = [private.decrypt(value) for value in doubled]
    assert opened == [2 * value for value in values], "Paillier gave a wrong sum"
    times = {"encrypt": SITES, "add": SITES, "decrypt": 1}
    return {part: seconds * times[part] * entries / PAILLIER_VALUES
            for part, seconds in clock.seconds.items()}, size


def main() -> None:
    options = rivals.arguments(__doc__)
    print(rivals.machine())
    ours = rivals.florin_figures(options.florin)
    rng = np.random.default_rng(7)
    vectors = [rng.uniform(-1, 1, options.entries) for _ in range(SITES)]
    seconds, size = ckks(vectors)
    print(FLORIN_THREATS)
    site = sum(seconds[part] for part in ("encrypt", "serialise")) / SITES
    coordinator = sum(seconds[part] for part in ("parse", "add"))
    our_open = ours["privacy.lattice.opening"]
    our_adding = ours["privacy.lattice.coordinator"] - our_open
    ten = "privacy.secagg_ten."
    masked = (SITES * ours[ten + "client"] + ours[ten + "coordinator"]) / 1e3
    table = rivals.Table("TenSEAL against lattices", CKKS_THREATS)
    table.row("a site: encrypt, serialise", 1e3 * site, ours["privacy.lattice.site"], "ms",
              "Florin's with the site's key, sealed")
    table.row("coordinator: parse, add, of 10 sites", 1e3 * coordinator, our_adding, "ms")
    table.row("decrypt", 1e3 * seconds["decrypt"],
              our_open + 3 * ours["privacy.lattice.decryptor"], "ms",
              "Florin's with three decryptors")
    table.row("all of it", sum(seconds.values()), ours["privacy.lattice.all"], "s")
    table.row("bytes of a value", size, ours["privacy.lattice.bytes_per_value"], "B")
    table = rivals.Table("TenSEAL against masks: not the same guarantee", CKKS_THREATS)
    table.row("all of it", sum(seconds.values()), masked, "s",
              "Florin's with 10 sites, no dropouts")
    times, bytes_each = paillier(options.entries)
    table = rivals.Table("Paillier against lattices (extrapolated)", PAILLIER_THREATS)
    table.row("all of it (extrapolated)", sum(times.values()), ours["privacy.lattice.all"], "s")
    table.row("bytes of a value", bytes_each, ours["privacy.lattice.bytes_per_value"], "B")


if __name__ == "__main__":
    main()
