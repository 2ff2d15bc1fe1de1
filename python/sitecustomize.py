"""Telemetry for a Python agent that Troupe starts; Python imports it at its start because `PYTHONPATH` names this folder.

Where opentelemetry-api can be imported, the context of `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` becomes the current one of
the main thread, and what the tracer provider holds is flushed at the end. A thread that is started gets no context by
itself, as everywhere in Python. Nothing else changes, and a program without opentelemetry-api notices nothing.
"""

import atexit
import importlib.machinery
import importlib.util
import os
import signal
import sys
import threading


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
take_up_context()
leave_in_order()
