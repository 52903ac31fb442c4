"""Garbage is collected on the window's thread and on no other."""

import gc
import sys
import threading

from PySide6.QtCore import QObject

from defectstudio.gui.collector import Collector


class Knot:
    """A cycle that says on which thread it died."""

    died_on = None

    def __init__(self):
        self.itself = self

    def __del__(self):
        Knot.died_on = threading.current_thread()


def test_cycles_die_on_the_windows_thread(qapp):
    parent = QObject()
    gc.enable()
    collector = Collector(parent)
    assert not gc.isenabled()
    Knot()

    def allocate():
        kept = [[] for _ in range(100_000)]
        assert kept

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert Knot.died_on is None
    kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    collector.collect()
    assert kept and Knot.died_on is threading.main_thread()
    collector.end()
    assert gc.isenabled()


def test_the_interpreter_is_handed_back_as_it_was(qapp):
    interval, frozen = sys.getswitchinterval(), gc.get_freeze_count()
    parent = QObject()
    collector = Collector(parent)
    assert sys.getswitchinterval() < interval / 5 and gc.get_freeze_count() > frozen
    collector.end()
    assert (sys.getswitchinterval(), gc.get_freeze_count()) == (interval, 0)
