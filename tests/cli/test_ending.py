"""A run that is told to end ends, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from lulc_core.cli import ending
from lulc_core.cli.ending import saying_how_to_go_on

ROOT = Path(__file__).parents[2]
DEAF = """
from lulc_core.cli import ending
ending.GRACE_S = 2.0
ending.end_on_sigterm()
while True:
    try:
        print("ready", flush=True)
        while True:
            pass
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_a_run_that_does_not_heed_the_signal_is_ended_after_a_while() -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(60) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    "notes, said",
    [
        ((), "lulc: Interrupted: no scene was done yet.\n"),
        (("2 of 4 scenes are kept.",), "lulc: 2 of 4 scenes are kept.\n"),
    ],
)
def test_an_interrupted_run_says_what_it_leaves(
    notes: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt = KeyboardInterrupt()
    for note in notes:
        interrupt.add_note(note)
    with pytest.raises(KeyboardInterrupt), saying_how_to_go_on():
        raise interrupt
    assert capsys.readouterr().err == said


def test_a_run_is_interrupted_after_its_compiled_code_is_there_not_while_llvm_asks_for_it() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly("define i64 @one() { ret i64 1 }"), machine)
    engine.set_object_cache(getbuffer_func=lambda _module: signal.raise_signal(signal.SIGINT))
    before = signal.signal(signal.SIGINT, ending._interrupt)
    try:
        engine.finalize_object()
        assert ending.INTERRUPTED.is_set()
        assert engine.get_function_address("one")
        with pytest.raises(KeyboardInterrupt):
            time.sleep(60)
    finally:
        signal.signal(signal.SIGINT, before)
        ending.INTERRUPTED.clear()
