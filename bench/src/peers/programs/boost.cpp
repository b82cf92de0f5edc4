// Boost.Interprocess, driven over a pipe.

#include "driver.hpp"
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/interprocess_semaphore.hpp>
#include <boost/interprocess/sync/named_mutex.hpp>
#include <boost/interprocess/sync/named_semaphore.hpp>
#include <boost/version.hpp>

namespace ipc = boost::interprocess;
using std::make_shared;
using std::shared_ptr;
using std::string;

// An object in shared memory of its own; the name goes at once, children inherit the mapping.
template <typename T> struct InMemory {
    shared_ptr<ipc::mapped_region> region;
    T *value;
    template <typename... A> explicit InMemory(const string &name, A... arguments)
    {
        ipc::shared_memory_object object(ipc::create_only, name.c_str(), ipc::read_write);
        ipc::shared_memory_object::remove(name.c_str());
        object.truncate(4096);
        region = make_shared<ipc::mapped_region>(object, ipc::read_write);
        value = new (region->get_address()) T(arguments...);
    }
    T *operator->() const { return value; }
};

template <typename M> static Crowd::Lock lock_of(M mutex)
{
    return {[mutex] { mutex->lock(); }, [mutex] { mutex->unlock(); }};
}

static void touch(const ipc::mapped_region &region) { *static_cast<volatile unsigned long *>(region.get_address()) = 1; }

std::string version() { return BOOST_LIB_VERSION; }

Prepared prepare(const string &operation, Request &request)
{
    const bool named = request["subject"] == "boost-named";
    const string name = request["name"], own = name + "-boost";
    const unsigned long value = number(request, "value");
    if (operation == "create" || operation == "fill") {
        const bool all = operation == "fill";
        return whole([=] {
            ipc::shared_memory_object object(ipc::create_only, own.c_str(), ipc::read_write);
            object.truncate(value);
            {
                ipc::mapped_region region(object, ipc::read_write);
                for (unsigned long at = 0; at < (all ? value : 1); at += 4096)
                    static_cast<volatile char *>(region.get_address())[at] = 1;
            }
            ipc::shared_memory_object::remove(own.c_str());
        });
    }
    if (operation == "open" || operation == "names" || operation == "attached")
        return whole([=] {
            ipc::shared_memory_object object(ipc::open_only, name.c_str(), ipc::read_write);
            ipc::mapped_region region(object, ipc::read_write);
            touch(region);
        });
    if (operation == "map") {
        auto object = make_shared<ipc::shared_memory_object>(ipc::open_only, name.c_str(), ipc::read_write);
        return whole([=] {
            ipc::mapped_region region(*object, ipc::read_write);
            touch(region);
        });
    }
    if (operation == "copy-in" || operation == "copy-out") {
        ipc::shared_memory_object object(ipc::open_only, name.c_str(), ipc::read_write);
        auto region = make_shared<ipc::mapped_region>(object, ipc::read_write);
        auto bytes = make_shared<std::vector<char>>(value, 1);
        const bool in = operation == "copy-in";
        return whole([=] {
            std::memcpy(in ? region->get_address() : bytes->data(), in ? bytes->data() : region->get_address(), value);
            asm volatile("" ::: "memory");
        });
    }
    if (operation == "lock" || operation == "contended-threads" || operation == "contended-processes") {
        Crowd::Lock lock;
        if (named) {
            ipc::named_mutex::remove(own.c_str());
            auto mutex = shared_ptr<ipc::named_mutex>(
                new ipc::named_mutex(ipc::create_only, own.c_str()));
            ipc::named_mutex::remove(own.c_str());
            lock = lock_of(mutex);
            if (operation == "lock")
                return whole([=] {
                    mutex->lock();
                    mutex->unlock();
                });
        } else {
            InMemory<ipc::interprocess_mutex> mutex(own);
            lock = lock_of(mutex);
            if (operation == "lock")
                return whole([=] {
                    mutex->lock();
                    mutex->unlock();
                });
        }
        return std::make_unique<Crowd>(value, operation == "contended-processes", [=] { return lock; });
    }
    if (operation == "semaphore" || operation == "round-trip") {
        using Step = std::function<void()>;
        auto steps = [&](const string &of) -> std::pair<Step, Step> {
            if (named) {
                ipc::named_semaphore::remove(of.c_str());
                auto semaphore = make_shared<ipc::named_semaphore>(ipc::create_only, of.c_str(), 0);
                ipc::named_semaphore::remove(of.c_str());
                return {[=] { semaphore->post(); }, [=] { semaphore->wait(); }};
            }
            InMemory<ipc::interprocess_semaphore> semaphore(of, 0);
            return {[=] { semaphore->post(); }, [=] { semaphore->wait(); }};
        };
        const auto ping = steps(own + "-ping");
        if (operation == "semaphore")
            return whole([=] {
                ping.first();
                ping.second();
            });
        const auto pong = steps(own + "-pong");
        return std::make_unique<Trip>(
            [=] {
                ping.first();
                pong.second();
            },
            [=] {
                ping.second();
                pong.first();
            },
            number(request, "partner"));
    }
    unsupported();
}
