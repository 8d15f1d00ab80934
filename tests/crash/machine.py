"""A machine to break: the real service and its worker on a private PostgreSQL, on disks of their own, under a shim.

The database and the blobs lie on small file systems (tmpfs) that can be filled, and all processes run with shim.c,
which steps their clock and slows their disk. Fault points (include/vouch/fault.h) hold a process at a step while
something is done to it.
"""
import atexit
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


def use_build(folder):
    """Find the programs of a build; must be called before anything else here."""
    folder = os.path.abspath(folder)
    paths = {"vouch": folder + "/vouch", "service": folder + "/tests/integration/api/vouch_test_service",
             "generate": folder + "/tests/generate/vouch-generate", "shim": folder + "/tests/crash/vouch_crash_shim.so"}
    missing = [path for path in paths.values() if not os.access(path, os.R_OK)]
    if missing:
        sys.exit("missing: %s: build it first (cmake --build %s)" % (", ".join(missing), folder))
    os.environ.setdefault("VOUCH_TEST_SERVICE", paths["service"])
    os.environ.setdefault("VOUCH_SOURCE_DIR", TOP)
    sys.path.insert(0, os.path.join(TOP, "tests", "integration", "api"))
    return paths


class Disk:
    """A small file system of its own, or a plain folder where mounting is not allowed."""

    def __init__(self, folder, megabytes):
        self.folder, self.filler = folder, os.path.join(folder, ".filler")
        os.mkdir(folder)
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=755" % megabytes, "vouch-crash",
                                       folder], capture_output=True).returncode == 0

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass

    def free(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], capture_output=True)


class Points:
    """The fault points of one kind of process (a VOUCH_FAULT_DIR)."""

    def __init__(self, folder):
        self.folder = folder
        self.ears = {}
        os.mkdir(folder)
        os.chmod(folder, 0o777)  # children of the sandbox are somebody else

    def path(self, step, ending=""):
        return os.path.join(self.folder, step + ending)

    def want(self, step):
        self.forget(step)
        for ending in (".go", ".reached"):
            os.mkfifo(self.path(step, ending))
            os.chmod(self.path(step, ending), 0o666)
        self.ears[step] = os.open(self.path(step, ".reached"), os.O_RDONLY | os.O_NONBLOCK)
        with open(self.path(step), "w", encoding="ascii"):
            pass

    def reached(self, step):
        """What the process says of the step that it is held at; None: nobody is there yet."""
        try:
            return os.read(self.ears[step], 4096).decode(errors="replace") or None
        except BlockingIOError:
            return None

    def release(self, step):
        try:
            fd = os.open(self.path(step, ".go"), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return  # its process has ended
        try:
            os.write(fd, b"!")
        except OSError:
            pass
        os.close(fd)

    def forget(self, step):
        if step in self.ears:
            os.close(self.ears.pop(step))
        for ending in ("", ".reached", ".go"):
            try:
                os.unlink(self.path(step, ending))
            except OSError:
                pass

    def holder(self, step, candidates):
        """Which of these processes is held at the step: it has the FIFO open."""
        wanted = os.path.realpath(self.path(step, ".go"))
        for pid in candidates:
            try:
                for fd in os.listdir("/proc/%d/fd" % pid):
                    target = os.stat("/proc/%d/fd/%s" % (pid, fd))
                    if os.path.samestat(target, os.stat(wanted)):
                        return pid
            except OSError:
                continue
        return None


def processes():
    """pid → (parent, name) of everything that runs."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            name = text[text.index("(") + 1:text.rindex(")")]
            state, parent = text[text.rindex(")") + 2:].split()[:2]
            if state != "Z":
                found[int(entry)] = (int(parent), name)
    return found


def below(pid, name):
    """Descendants of a process with a name."""
    everything, found, front = processes(), [], [pid]
    while front:
        parent = front.pop()
        for child, (its_parent, its_name) in everything.items():
            if its_parent == parent:
                front.append(child)
                if its_name == name:
                    found.append(child)
    return found


class Machine:
    """@param workers  options of each worker process; one process for each"""

    def __init__(self, paths, workers=1, threads=4, options=()):
        import harness
        self.harness, self.paths, self.options = harness, paths, list(options)
        self.folder = tempfile.mkdtemp(prefix="vouch-crash-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.control = os.path.join(self.folder, "control")
        with open(self.control, "wb") as file:
            file.write(b"\0" * 64)
        os.chmod(self.control, 0o644)
        self.clock, self.sync_ms = 0, 0
        self.database_disk = Disk(os.path.join(self.folder, "pg"), 1536)
        self.blob_disk = Disk(os.path.join(self.folder, "b"), 1024)
        self.blobs = os.path.join(self.blob_disk.folder, "blobs")
        self.points = {"serve": Points(self.folder + "/fault-serve"), "work": Points(self.folder + "/fault-work")}
        self.shimmed = {"LD_PRELOAD": paths["shim"], "VOUCH_SHIM_CONTROL": self.control}
        os.chmod(self.database_disk.folder, 0o777)
        self.database = harness.Database(dict(self.shimmed, VOUCH_TEST_POSTGRES_FOLDER=self.database_disk.folder,
                                              VOUCH_TEST_POSTGRES_OPTIONS="-c fsync=on -c max_wal_size=96MB"))
        self.threads = threads
        self.serve, self.port = None, 0
        self.workers = [None] * workers
        self.events = {}  # of all processes that ran
        self.noise = []
        atexit.register(self.close)

    # -- processes

    def start(self, program, *options):
        environment = dict(self.shimmed, VOUCH_FAULT_POINTS="1", VOUCH_FAULT_DIR=self.points[program].folder)
        return self.harness.Process([self.paths["vouch"], program, "--log-format", "json"], self.database, self.blobs,
                                    *options, *self.options, environment=environment)

    def up(self):
        """Whatever has died is started again; waits until all are there."""
        if self.serve is None or self.serve.process.poll() is not None:
            self.bury(self.serve)
            self.serve = self.start("serve", "--port", str(self.port))
            started = self.serve.event("serving")
            if not started:
                raise RuntimeError("serve does not start: %s %s" % (self.serve.log[-3:], self.serve.noise[-3:]))
            self.port = int(started["port"])
        for place, worker in enumerate(self.workers):
            if worker is None or worker.process.poll() is not None:
                self.bury(worker)
                self.workers[place] = self.start("work", "--workers", str(self.threads))
        for worker in self.workers:
            if not worker.event("ready", 60):
                raise RuntimeError("work does not start: %s %s" % (worker.log[-3:], worker.noise[-3:]))

    def bury(self, process):
        if process is None:
            return
        if process in self.harness.running:
            self.harness.running.remove(process)
        process.process.wait()
        process.reader.join(5)
        self.take_log(process)

    def take_log(self, process):
        for line in process.log:
            self.events[line.get("event")] = self.events.get(line.get("event"), 0) + 1
        self.noise += process.noise
        process.log, process.noise = [], []

    def kill(self, process):
        process.process.kill()
        process.process.wait()

    def worker_of(self, step):
        """The worker that is held at a step, itself or by a child of its sandbox; else the first."""
        for worker in self.workers:
            pid = worker.process.pid
            if self.points["work"].holder(step, [pid] + below(pid, "vouch-child")):
                return worker
        return self.workers[0]

    # -- what can happen to it

    def write_state(self):
        with open(self.control, "r+b") as file:
            file.write(struct.pack("<qq", self.clock, self.sync_ms))

    def step_clock(self, seconds):
        self.clock += seconds
        self.write_state()

    def slow_disk(self, milliseconds):
        self.sync_ms = milliseconds
        self.write_state()

    def stop_database(self):
        self.database.command("stop")

    def start_database(self):
        """@return whether it had to be started"""
        if self.database_answers():
            return False
        self.database.command("stop")
        if not self.database.command("start"):
            raise RuntimeError("PostgreSQL does not start again")
        return True

    def database_answers(self):
        try:
            self.database.sql("SELECT 1")
            return True
        except RuntimeError:
            return False

    def cut_connections(self):
        rows = self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
                                 "'vouch%'")
        return len(rows)

    def broken_audit(self):
        """What the audit itself says: its chain is whole, and told again it makes the same tables."""
        done = subprocess.run([self.paths["vouch"], "admin", "--database", self.database.conninfo, "audit", "verify"],
                              capture_output=True, text=True)
        chain = [] if done.returncode == 0 else ["the audit's chain: " + (done.stdout + done.stderr).strip()[-300:]]
        return chain + load_script("replay").replay(self.database.conninfo).complaints

    def stop_workers(self):
        """In order, as an administrator does."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        for worker in self.workers:
            if worker.process.wait(40):
                self.noise.append("a worker ends with %d" % worker.process.returncode)

    def stop(self):
        """@return what the processes said that is no line of the log"""
        for points in self.points.values():
            for name in os.listdir(points.folder):
                if name.endswith(".go"):
                    points.release(name[:-3])
        for process in [self.serve] + self.workers:
            if process is not None and process.process.poll() is None:
                process.process.send_signal(signal.SIGTERM)
        for process in [self.serve] + self.workers:
            if process is not None:
                try:
                    process.process.wait(40)
                except subprocess.TimeoutExpired:
                    process.process.kill()
                    self.noise.append("%s had to be killed" % process.process.args[1])
                self.bury(process)
        return self.noise

    def close(self):
        self.database.stop()
        for process in [self.serve] + self.workers:
            if process is not None and process.process.poll() is None:
                process.process.kill()
        self.database_disk.close()
        self.blob_disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def load_script(name):
    """A command of this folder as a module."""
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(HERE, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def end_in_order():
    """A driver that is told to end leaves nothing behind."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))


def idle_class():
    os.nice(19)
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        pass


def wait_while_it_moves(count, still_seconds):
    """Until a count is zero. @return False when it stands still for so long"""
    last, since = None, time.monotonic()
    while True:
        now = count()
        if now == 0:
            return True
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > still_seconds:
            return False
        time.sleep(0.05)


def wait_for(condition, seconds):
    """The first value that is true, within so many seconds; else the last."""
    end = time.monotonic() + seconds
    value = condition()
    while not value and time.monotonic() < end:
        time.sleep(0.003)
        value = condition()
    return value
