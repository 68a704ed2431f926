using System.Runtime.InteropServices;

namespace Mlorq.Onnx.Execution;

/// <summary>The heap of native libraries.</summary>
public static partial class NativeHeap
{
    /// <summary>Gives freed memory back to the system: glibc keeps what a session had, gigabytes of a large model, until it is asked.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // musl has no such function; it gives memory back by itself.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
