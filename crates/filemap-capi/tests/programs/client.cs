// The client of the pair for .NET. A missing name gives 2, as the documentation says.
using System;
using System.Runtime.InteropServices;

static class Client
{
    [DllImport("Kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    static extern IntPtr OpenFileMapping(uint access, [MarshalAs(UnmanagedType.Bool)] bool inherit, string name);
    [DllImport("kernel32.dll", SetLastError = true)]
    static extern IntPtr MapViewOfFile(IntPtr mapping, uint access, uint high, uint low, UIntPtr bytes);
    [DllImport("kernel32.dll", SetLastError = true)]
    static extern bool UnmapViewOfFile(IntPtr view);
    [DllImport("kernel32.dll", SetLastError = true)]
    static extern bool CloseHandle(IntPtr handle);
    [DllImport("user32.dll", CharSet = CharSet.Auto)]
    static extern int MessageBox(IntPtr window, string text, string caption, uint kind);

    static int Main()
    {
        IntPtr none = OpenFileMapping(4, false, "Local\\NobodysMap");
        Console.WriteLine("nobody's: {0}, last error {1}", none, Marshal.GetLastWin32Error());
        IntPtr mapping = OpenFileMapping(4, false, "Local\\SampleMap");
        if (mapping == IntPtr.Zero)
        {
            Console.WriteLine("Unable to open file mapping w/err 0x{0:X}", Marshal.GetLastWin32Error());
            return 1;
        }
        Console.WriteLine("The file mapping (Local\\SampleMap) is opened");
        IntPtr view = MapViewOfFile(mapping, 4, 0, 0, new UIntPtr(1024));
        Console.WriteLine("The file view is mapped");
        Console.WriteLine("Read from the file mapping:\n\"{0}\"", Marshal.PtrToStringUni(view));
        Console.Out.Flush();
        MessageBox(IntPtr.Zero, "done", "client", 0);
        UnmapViewOfFile(view);
        CloseHandle(mapping);
        return 0;
    }
}
