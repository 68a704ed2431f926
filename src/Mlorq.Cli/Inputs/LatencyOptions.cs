using System.CommandLine;
using System.Globalization;
using Mlorq.Timing;

namespace Mlorq.Cli.Inputs;

/// <summary>How long a run of the output may take, and the table that tells.</summary>
internal sealed class LatencyOptions
{
    private static readonly (string Name, double Milliseconds)[] Units = [("ms", 1), ("us", 1e-3), ("s", 1e3)];

    private readonly Option<string?> _latency = new("--max-latency")
    {
        HelpName = "TIME",
        Description = "The longest that a run of the output may take, such as 8ms, 800us or 0.5s, as the table of --kernels predicts it; kept beside the budget.",
    };

    private readonly Option<string?> _kernels = new("--kernels")
    {
        HelpName = "KERNELS.json",
        Description = "The times of this model's products on the machine that counts, as `mlorq bench kernels` writes them. For --max-latency.",
    };

    public IEnumerable<Option> All => [_latency, _kernels];

    /// <summary>The file with the table, where one is given.</summary>
    public IEnumerable<string> Paths(ParseResult parsed) => new[] { parsed.GetValue(_kernels) }.OfType<string>();

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">It is no time, or one of the two options is missing.</exception>
    /// <exception cref="KernelTableException">The table cannot be read.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options) => (parsed.GetValue(_latency), parsed.GetValue(_kernels)) switch
    {
        (null, null) => options,
        ({ } latency, { } kernels) => options with { Latency = new LatencyLimit(Milliseconds(latency), KernelTableJson.Load(kernels)) },
        (null, _) => throw new UsageException("--kernels is given without --max-latency. Say how long a run may take, such as --max-latency 8ms."),
        _ => throw new UsageException("--max-latency needs a table of kernel times: write one with `mlorq bench kernels MODEL --output kernels.json` and give it with --kernels kernels.json."),
    };

    private static double Milliseconds(string text)
    {
        foreach (var (name, milliseconds) in Units.Where(u => text.EndsWith(u.Name, StringComparison.OrdinalIgnoreCase)))
        {
            if (double.TryParse(text[..^name.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0) return number * milliseconds;
        }

        throw new UsageException($"--max-latency is '{text}'; it must be a number above 0 with a unit, such as 8ms, 7.5ms, 800us or 0.5s.");
    }
}
