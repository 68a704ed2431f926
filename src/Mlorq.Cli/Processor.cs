namespace Mlorq.Cli;

/// <summary>The processor of this machine.</summary>
internal static class Processor
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>Its name, or its architecture where the name is not known.</summary>
    public static string Name =>
        (File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null)
        ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
}
