"""Threads that do something at the same instant, each with a database connection of its own."""

import faulthandler
import sys
import threading
import time

from django.db import connection

SECONDS = 60


def together(*jobs):
    """Start all jobs at once, and return what the jobs returned; what one raised is raised here.

    One that does not end in a minute fails the test, and everybody's stack is printed: the whole suite must never
    wait for a thread.
    """
    gate = threading.Barrier(len(jobs), timeout=SECONDS)
    results, problems = {}, []

    def work(number, job):
        try:
            gate.wait()
            results[number] = job()
        except BaseException as problem:  # raised again below
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + SECONDS
    for thread in threads:
        thread.join(max(0, ends - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        faulthandler.dump_traceback(file=sys.__stderr__)
        raise TimeoutError(f"threads that do not end: {sum(thread.is_alive() for thread in threads)} of {len(jobs)}")
    for problem in problems:
        raise problem
    return [results[number] for number in range(len(jobs))]
