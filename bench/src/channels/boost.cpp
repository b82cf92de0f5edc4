// Round trips and a stream through Boost's message_queue, between this process and a child: NAME SIZE TRIPS STREAM ROOM.
// Prints nanoseconds of a round trip and of a streamed item.

#include <boost/interprocess/ipc/message_queue.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using boost::interprocess::message_queue;
using Clock = std::chrono::steady_clock;

enum : char { Take, Return, End };

static double since(Clock::time_point start, double count)
{
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / count;
}

int main(int, char **arguments)
{
    const std::string out_name = std::string(arguments[1]) + "-out", back_name = std::string(arguments[1]) + "-back";
    const std::size_t size = std::strtoul(arguments[2], nullptr, 10), room = std::strtoul(arguments[5], nullptr, 10);
    const unsigned long trips = std::strtoul(arguments[3], nullptr, 10), stream = std::strtoul(arguments[4], nullptr, 10);
    message_queue::remove(out_name.c_str());
    message_queue::remove(back_name.c_str());
    message_queue out(boost::interprocess::create_only, out_name.c_str(), room, size);
    message_queue back(boost::interprocess::create_only, back_name.c_str(), room, size);
    std::vector<char> item(size, Return), got(size);
    message_queue::size_type len;
    unsigned priority;
    const pid_t child = fork();
    if (child < 0)
        return 1;
    if (child == 0) {
        message_queue in(boost::interprocess::open_only, out_name.c_str());
        message_queue answer(boost::interprocess::open_only, back_name.c_str());
        for (;;) {
            in.receive(item.data(), size, len, priority);
            if (item[0] == End)
                _exit(0);
            if (item[0] == Return)
                answer.send(item.data(), size, 0);
        }
    }
    auto trip = [&] {
        out.send(item.data(), size, 0);
        back.receive(got.data(), size, len, priority);
    };
    for (int i = 0; i < 100; i++)
        trip();
    auto start = Clock::now();
    for (unsigned long i = 0; i < trips; i++)
        trip();
    const double round_trip = since(start, trips);
    item[0] = Take;
    start = Clock::now();
    for (unsigned long i = 1; i < stream; i++)
        out.send(item.data(), size, 0);
    item[0] = Return;
    trip();
    const double streamed = since(start, stream);
    item[0] = End;
    out.send(item.data(), size, 0);
    waitpid(child, nullptr, 0);
    message_queue::remove(out_name.c_str());
    message_queue::remove(back_name.c_str());
    std::printf("%f %f\n", round_trip, streamed);
}
