// The server of the pair for .NET: every call goes to kernel32.dll through P/Invoke, as in any Windows program of its time.
using System;
using System.Runtime.InteropServices;

static class Server
{
    const uint PAGE_READWRITE = 4, FILE_MAP_ALL_ACCESS = 0xF001F;
    static readonly IntPtr INVALID_HANDLE_VALUE = new IntPtr(-1);

    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    static extern IntPtr CreateFileMapping(IntPtr file, IntPtr attributes, uint protect, uint high, uint low, string name);
    [DllImport("kernel32.dll", SetLastError = true)]
    static extern IntPtr MapViewOfFile(IntPtr mapping, uint access, uint high, uint low, UIntPtr bytes);
    [DllImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    static extern bool UnmapViewOfFile(IntPtr view);
    [DllImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    static extern bool CloseHandle(IntPtr handle);

    static int Main()
    {
        IntPtr mapping = CreateFileMapping(INVALID_HANDLE_VALUE, IntPtr.Zero, PAGE_READWRITE, 0, 65536, "Local\\SampleMap");
        int number = Marshal.GetLastWin32Error();
        if (mapping == IntPtr.Zero)
        {
            Console.WriteLine("Unable to create file mapping w/err 0x{0:X}", number);
            return 1;
        }
        Console.WriteLine("The file mapping (Local\\SampleMap) is created, last error {0}", number);
        IntPtr second = CreateFileMapping(INVALID_HANDLE_VALUE, IntPtr.Zero, PAGE_READWRITE, 0, 65536, "Local\\SampleMap");
        Console.WriteLine("once more: last error {0}", Marshal.GetLastWin32Error());
        CloseHandle(second);
        IntPtr view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, new UIntPtr(1024));
        if (view == IntPtr.Zero)
        {
            Console.WriteLine("Unable to map view of file w/err 0x{0:X}", Marshal.GetLastWin32Error());
            return 1;
        }
        Console.WriteLine("The file view is mapped");
        string message = "Message from the first process.\0";
        byte[] bytes = System.Text.Encoding.Unicode.GetBytes(message);
        Marshal.Copy(bytes, 0, view, bytes.Length);
        Console.WriteLine("This message is written to the view:\n\"{0}\"", message.TrimEnd('\0'));
        Console.Out.Flush();
        Console.ReadLine();
        UnmapViewOfFile(view);
        CloseHandle(mapping);
        return 0;
    }
}
