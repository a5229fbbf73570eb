"""What a forked child does, told to its parent: for scripts that run in a Python of their own."""

import os
from collections.abc import Callable


def child(work: Callable[[], object]) -> str:
    """Do something in a forked child, and return how its result, or what it raised, is written."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, repr(work()).encode())
        except BaseException as error:
            os.write(writer, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    answer = b"".join(iter(lambda: os.read(reader, 65536), b"")).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    return answer
