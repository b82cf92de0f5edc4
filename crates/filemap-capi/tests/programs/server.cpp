// The server of the pair in C++: handles and views as objects, text through iostream.
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <windows.h>
#include <tchar.h>

namespace {
class Mapping {
    HANDLE handle_;

  public:
    explicit Mapping(HANDLE handle) : handle_(handle)
    {
        if (handle_ == NULL)
            throw std::runtime_error("error " + std::to_string(GetLastError()));
    }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping() { CloseHandle(handle_); }
    HANDLE get() const { return handle_; }
};
struct Unmap {
    void operator()(void *view) const { UnmapViewOfFile(view); }
};
} // namespace

int _tmain(int, _TCHAR *[])
{
    try {
        Mapping mapping(CreateFileMapping(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, 65536, TEXT("Local\\SampleMap")));
        std::cout << "The file mapping (Local\\SampleMap) is created" << std::endl;
        std::unique_ptr<void, Unmap> view(MapViewOfFile(mapping.get(), FILE_MAP_ALL_ACCESS, 0, 0, 1024));
        if (!view)
            throw std::runtime_error("error " + std::to_string(GetLastError()));
        std::cout << "The file view is mapped" << std::endl;
        const WCHAR message[] = {'H', 'i', ' ', 'f', 'r', 'o', 'm', ' ', 'C', '+', '+', 0};
        CopyMemory(view.get(), message, sizeof message);
        std::cin.get();
    } catch (const std::exception &e) {
        std::cerr << e.what() << std::endl;
        return 1;
    }
    return 0;
}
