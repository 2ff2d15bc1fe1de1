"""Telemetry for a Python agent that Troupe starts; Python imports it at its start because `PYTHONPATH` names this folder.

It tells Troupe the context that stands in its environment, in the file that `TROUPE_LEDGER` names. Where opentelemetry-api
can be imported, the context of `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` becomes the current one of
the main thread, and what the tracer provider holds is flushed at the end. A thread that is started gets no context by
itself, as everywhere in Python. Nothing else changes, and a program without opentelemetry-api notices nothing.
"""

import atexit
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import threading
import time


def tell_environment():
    """Writes down which context stands in the environment: the program's own end of the hop."""
    path = os.environ.get("TROUPE_LEDGER")
    if path is None:
        return
    names = ("traceparent", "tracestate", "baggage")
    carrier = {name: value for name, value in os.environ.items() if name.lower().endswith(names)}
    try:
        with open(path, "a", encoding="utf-8") as ledger:
            ledger.write(json.dumps({"carrier": carrier, "timeUnixNano": str(time.time_ns())}) + "\n")
    except OSError:
        pass  # The run may be over, and its files gone.


def take_up_context():
    try:
        from opentelemetry import context, trace
        from opentelemetry.baggage.propagation import W3CBaggagePropagator
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    except ImportError:
        return
    carrier = {name: os.environ[name.upper()] for name in ("traceparent", "tracestate", "baggage") if name.upper() in os.environ}
    received = W3CBaggagePropagator().extract(carrier, TraceContextTextMapPropagator().extract(carrier))
    context.attach(received)

    def flush():
        force_flush = getattr(trace.get_tracer_provider(), "force_flush", None)
        if force_flush is not None:
            force_flush(5000)

    atexit.register(flush)


def leave_in_order():
    """Lets a SIGTERM end the program as its own exit would: by default nothing is flushed."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def run_hidden():
    """Runs the sitecustomize that this one hides."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if found is not None and found.loader is not None:
        found.loader.exec_module(importlib.util.module_from_spec(found))


run_hidden()
tell_environment()
take_up_context()
leave_in_order()
