// QSharedMemory and QSystemSemaphore, driven over a pipe.

#include "driver.hpp"
#include <QSharedMemory>
#include <QString>
#include <QSystemSemaphore>

using std::make_shared;

static void check(bool good, const QString &why)
{
    if (!good)
        throw std::runtime_error(why.toStdString());
}

static std::shared_ptr<QSystemSemaphore> semaphore(const QString &name, int initial, bool create)
{
    auto made = make_shared<QSystemSemaphore>(name, initial, create ? QSystemSemaphore::Create : QSystemSemaphore::Open);
    check(made->error() == QSystemSemaphore::NoError, made->errorString());
    return made;
}

std::string version() { return qVersion(); }

Prepared prepare(const std::string &operation, Request &request)
{
    const QString own = QString::fromStdString(request["name"]) + "-qt";
    const unsigned long value = number(request, "value");
    if (operation == "create")
        return whole([=] {
            QSharedMemory memory(own);
            check(memory.create(static_cast<int>(value)), memory.errorString());
            *static_cast<volatile char *>(memory.data()) = 1;
            memory.detach();
        });
    auto held = make_shared<QSharedMemory>(own);
    auto hold = [&](unsigned long size) { check(held->create(static_cast<int>(size)), held->errorString()); };
    if (operation == "open") {
        hold(value);
        return whole([=] {
            QSharedMemory memory(own);
            check(held->isAttached() && memory.attach(), memory.errorString());
            *static_cast<volatile char *>(memory.data()) = 1;
            memory.detach();
        });
    }
    if (operation == "copy-in" || operation == "copy-out") {
        hold(value);
        auto bytes = make_shared<std::vector<char>>(value, 1);
        const bool in = operation == "copy-in";
        return whole([=] {
            std::memcpy(in ? held->data() : bytes->data(), in ? bytes->data() : held->data(), value);
            asm volatile("" ::: "memory");
        });
    }
    if (operation == "lock") {
        hold(4096);
        return whole([=] {
            check(held->lock(), held->errorString());
            held->unlock();
        });
    }
    if (operation == "semaphore") {
        auto one = semaphore(own, 0, true);
        return whole([=] {
            one->release();
            one->acquire();
        });
    }
    if (operation == "contended-processes") {
        auto first = semaphore(own, 1, true); // its owner removes it
        return std::make_unique<Crowd>(value, true, [=]() -> Crowd::Lock {
            auto one = semaphore(own, 1, false);
            return {[=] { check(first && one->acquire(), one->errorString()); }, [=] { one->release(); }};
        });
    }
    if (operation == "round-trip") {
        auto ping = semaphore(own + "-ping", 0, true), pong = semaphore(own + "-pong", 0, true);
        return std::make_unique<Trip>(
            [=] {
                check(ping->release(), ping->errorString());
                pong->acquire();
            },
            [=] {
                ping->acquire();
                pong->release();
            },
            number(request, "partner"));
    }
    unsupported();
}
