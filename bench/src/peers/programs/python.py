# multiprocessing.shared_memory, driven over a pipe; the requests are those of driver.hpp.
import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from time import perf_counter_ns

# Before 3.13 whoever opens an object tells a tracking process, which removes the object when its clients are gone.
UNTRACKED = {"track": False} if sys.version_info >= (3, 13) else {}


class Operation:
    def finish(self):
        pass


class Create(Operation):
    def __init__(self, name, size):
        self.name, self.size = name + "-python", size

    def run(self, times):
        name, size = self.name, self.size
        start = perf_counter_ns()
        for _ in range(times):
            memory = SharedMemory(name, create=True, size=size)
            memory.buf[0] = 1
            memory.close()
            memory.unlink()
        return perf_counter_ns() - start


class Open(Operation):
    def __init__(self, name, _):
        self.name = name

    def run(self, times):
        name = self.name
        start = perf_counter_ns()
        for _ in range(times):
            memory = SharedMemory(name, **UNTRACKED)
            memory.buf[0] = 1
            memory.close()
        return perf_counter_ns() - start

    def finish(self):
        if not UNTRACKED:
            resource_tracker.unregister("/" + self.name, "shared_memory")


class Copy(Operation):
    def __init__(self, name, size, into):
        self.memory = SharedMemory(name, **UNTRACKED)
        self.name, self.size, self.into = name, size, into
        self.bytes = bytearray(size)

    def run(self, times):
        shared, private, size, into = self.memory.buf, self.bytes, self.size, self.into
        start = perf_counter_ns()
        for _ in range(times):
            if into:
                shared[:size] = private
            else:
                private[:] = shared[:size]
        return perf_counter_ns() - start

    def finish(self):
        self.memory.close()
        if not UNTRACKED:
            resource_tracker.unregister("/" + self.name, "shared_memory")


OPERATIONS = {
    "create": Create,
    "open": Open,
    "names": Open,
    "attached": Open,
    "copy-in": lambda name, size: Copy(name, size, True),
    "copy-out": lambda name, size: Copy(name, size, False),
}


def main():
    current = Operation()
    for line in sys.stdin:
        verb, *words = line.split()
        try:
            if verb == "prepare":
                request = dict(word.split("=", 1) for word in words[1:])
                current = OPERATIONS[words[0]](request["name"], int(request["value"]))
                answer = "ok"
            elif verb == "version":
                answer = sys.version.split()[0]
            elif verb == "run":
                answer = str(current.run(int(words[0])))
            else:
                current.finish()
                current = Operation()
                answer = "ok"
        except Exception as error:
            answer = "no " + (str(error) or type(error).__name__).replace("\n", " ")
        print(answer, flush=True)


main()
