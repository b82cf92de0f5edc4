// The other end of the benchmark's pipe, for rivals in C++.
//
// Standard input has requests, one a line; each is answered by one line:
//   prepare OPERATION KEY=VALUE…   ok | no REASON
//   run TIMES                      nanoseconds for all of them together | no REASON
//   finish                         ok
//   version                        the rival's

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <linux/futex.h>
#include <map>
#include <memory>
#include <sched.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using Clock = std::chrono::steady_clock;
using Request = std::map<std::string, std::string>;

struct Operation {
    virtual ~Operation() = default;
    virtual double run(unsigned long times) = 0;
};
using Prepared = std::unique_ptr<Operation>;

// What the program has to give.
Prepared prepare(const std::string &operation, Request &request);
std::string version();

[[noreturn]] inline void unsupported() { throw std::runtime_error("it has no such operation"); }

inline double since(Clock::time_point start)
{
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

template <typename F> struct Whole final : Operation {
    F body;
    explicit Whole(F f) : body(std::move(f)) {}
    double run(unsigned long times) override
    {
        const auto start = Clock::now();
        for (unsigned long i = 0; i < times; i++)
            body();
        return since(start);
    }
};

template <typename F> Prepared whole(F body) { return std::make_unique<Whole<F>>(std::move(body)); }

inline void stay_on(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

// A child that ends when its parent's thread does.
inline pid_t child(const std::function<void()> &body)
{
    const pid_t pid = fork();
    if (pid < 0)
        throw std::runtime_error("fork failed");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            body();
        } catch (...) {
        }
        _exit(1);
    }
    return pid;
}

struct Children {
    std::vector<pid_t> pids;
    ~Children()
    {
        for (pid_t pid : pids)
            kill(pid, SIGKILL);
        for (pid_t pid : pids)
            waitpid(pid, nullptr, 0);
    }
};

// Round trips with a child that answers.
struct Trip final : Operation {
    std::function<void()> go;
    Children children;
    Trip(std::function<void()> mine, std::function<void()> theirs, int processor) : go(std::move(mine))
    {
        children.pids.push_back(child([&] {
            stay_on(processor);
            for (;;)
                theirs();
        }));
    }
    double run(unsigned long times) override
    {
        const auto start = Clock::now();
        for (unsigned long i = 0; i < times; i++)
            go();
        return since(start);
    }
};

// What many workers share.
struct Control {
    std::atomic<unsigned> generation, done, times, failed;
    volatile unsigned long number;
};

inline long futex(std::atomic<unsigned> &word, int operation, unsigned value)
{
    return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

// Many threads or processes that lock, add 1 and unlock. Each gets its lock by `open`.
struct Crowd final : Operation {
    using Lock = std::pair<std::function<void()>, std::function<void()>>;
    Control *control;
    unsigned workers;
    Children children;
    std::vector<std::thread> threads;
    static constexpr unsigned End = ~0u;

    Crowd(unsigned count, bool processes, const std::function<Lock()> &open) : workers(count)
    {
        void *memory = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::runtime_error("mmap failed");
        control = new (memory) Control{};
        for (unsigned i = 0; i < count; i++) {
            if (processes)
                children.pids.push_back(child([&] { work(open()); }));
            else
                threads.emplace_back([this, lock = open()] { work(lock); });
        }
    }
    void work(const Lock &lock)
    {
        unsigned seen = 0;
        for (;;) {
            while (control->generation.load() == seen)
                futex(control->generation, FUTEX_WAIT, seen);
            seen = control->generation.load();
            const unsigned times = control->times.load();
            if (times == End)
                return;
            for (unsigned i = 0; i < times; i++) {
                lock.first();
                control->number = control->number + 1;
                lock.second();
            }
            if (control->done.fetch_add(1) + 1 == workers)
                futex(control->done, FUTEX_WAKE, 1);
        }
    }
    void begin(unsigned times)
    {
        control->number = 0;
        control->done = 0;
        control->times = times;
        control->generation.fetch_add(1);
        futex(control->generation, FUTEX_WAKE, 1 << 30);
    }
    double run(unsigned long times) override
    {
        const unsigned each = (times + workers - 1) / workers;
        const auto start = Clock::now();
        begin(each);
        for (unsigned done; (done = control->done.load()) < workers;)
            futex(control->done, FUTEX_WAIT, done);
        const double taken = since(start);
        if (control->number != static_cast<unsigned long>(each) * workers)
            throw std::runtime_error("it does not exclude: some additions were lost");
        return taken * times / (static_cast<double>(each) * workers);
    }
    ~Crowd() override
    {
        if (!threads.empty()) {
            begin(End);
            for (auto &thread : threads)
                thread.join();
        }
    }
};

inline unsigned long number(Request &request, const char *key) { return std::strtoul(request[key].c_str(), nullptr, 10); }

int main()
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Prepared current;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb, operation;
        words >> verb >> operation;
        try {
            if (verb == "prepare") {
                Request request;
                for (std::string word; words >> word;) {
                    const auto at = word.find('=');
                    request[word.substr(0, at)] = word.substr(at + 1);
                }
                current = prepare(operation, request);
                std::cout << "ok" << std::endl;
            } else if (verb == "run") {
                std::cout << static_cast<unsigned long long>(current->run(std::strtoul(operation.c_str(), nullptr, 10)))
                          << std::endl;
            } else if (verb == "version") {
                std::cout << version() << std::endl;
            } else {
                current.reset();
                std::cout << "ok" << std::endl;
            }
        } catch (const std::exception &e) {
            std::cout << "no " << e.what() << std::endl;
        }
    }
}
