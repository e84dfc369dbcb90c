"""Commands on standard input and answers on standard output, one JSON text per line."""

import json
import os
import sys
import traceback

_rest = b""


def read_questions():
    """Those that have arrived, without waiting for more; None when the other side has gone."""
    global _rest
    data = os.read(0, 65536)
    if not data:
        return None
    *lines, _rest = (_rest + data).split(b"\n")
    return [json.loads(line) for line in lines]


def answer(question, **outcome):
    print(json.dumps({"id": question["id"], **outcome}), flush=True)


def obey(question, commands):
    """Answers with the command's result; a command that answers by itself returns NotImplemented."""
    try:
        result = commands[question["method"]](question)
        if result is not NotImplemented:
            answer(question, result=result)
    except Exception as error:  # noqa: BLE001 - whatever it was, the seat must hear of it
        traceback.print_exc(file=sys.stderr)
        answer(question, error=repr(error))
