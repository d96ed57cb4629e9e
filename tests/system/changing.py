# SPDX-License-Identifier: GPL-3.0-or-later
"""Products enough for 5,000 rows of eogKpiTable, and records that change them."""
import contextlib
import threading
import time

import messages

PRODUCTS, RATE = 1667, 1000


def host(i):
    return f"apex-{i:05d}"


def inventory():
    return "site,name,role\n" + "".join(
        f"default,{host(i)},product\n" for i in range(PRODUCTS)
    )


@contextlib.contextmanager
def changes(gw):
    """RATE messages a second, each about another product, as long as the block runs."""
    is_done, sent = threading.Event(), [0]

    def send():
        begun = time.monotonic()
        while not is_done.is_set():
            due = int((time.monotonic() - begun) * RATE)
            for n in range(sent[0], due):
                status = 4 if n // PRODUCTS % 2 else 1
                gw.send_udp(messages.pattern_status(host(n * 7 % PRODUCTS), status=status))
            sent[0] = max(sent[0], due)
            is_done.wait(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        is_done.set()
        thread.join()
