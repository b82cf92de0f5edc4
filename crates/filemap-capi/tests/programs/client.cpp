// The client of the pair in C++.
#include <windows.h>
#include <tchar.h>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

int _tmain()
{
    HANDLE mapping = OpenFileMapping(FILE_MAP_READ, FALSE, TEXT("Local\\SampleMap"));
    if (mapping == NULL) {
        std::cerr << "OpenFileMapping: " << GetLastError() << std::endl;
        return 1;
    }
    auto view = static_cast<LPCWSTR>(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0));
    if (view == nullptr) {
        std::cerr << "MapViewOfFile: " << GetLastError() << std::endl;
        CloseHandle(mapping);
        return 1;
    }
    const int bytes = WideCharToMultiByte(CP_UTF8, 0, view, -1, nullptr, 0, nullptr, nullptr);
    std::vector<char> text(std::max(bytes, 1));
    WideCharToMultiByte(CP_UTF8, 0, view, -1, text.data(), bytes, nullptr, nullptr);
    std::cout << "Read from the file mapping:\n\"" << text.data() << "\"" << std::endl;
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    return 0;
}
