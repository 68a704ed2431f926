using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>How weights are rounded, and how long adaptive rounding learns.</summary>
internal sealed class RoundingOptions
{
    private static readonly Dictionary<string, RoundingMethod> Methods = new()
    {
        ["nearest"] = RoundingMethod.Nearest,
        ["compensated"] = RoundingMethod.Compensated,
        ["adaptive"] = RoundingMethod.Adaptive,
    };

    private static readonly Dictionary<string, CodesOf> Codes = new() { ["trellis"] = CodesOf.Trellis, ["plain"] = CodesOf.Plain };

    private static readonly string UsualRate = new AdaptiveOptions().LearningRate.ToString(CultureInfo.InvariantCulture);

    private readonly Option<string?> _rounding = new("--rounding")
    {
        HelpName = "nearest|compensated|adaptive",
        Description = "nearest is fastest; compensated makes up for rounding errors with the weights still to be rounded (GPTQ); adaptive learns "
            + "from its result on which of two levels is better for each weight, which takes a minute or more for a model of 6 million parameters. Default: compensated.",
    };

    private readonly Option<int?> _iterations = RunOptions.Positive(
        "--rounding-iterations", "N", $"Steps of adaptive rounding for each layer; more take longer and leave a smaller error. Default: {new AdaptiveOptions().Iterations}.");

    private readonly Option<double?> _rate = RunOptions.Number("--rounding-rate", $"The learning rate of adaptive rounding. Default: {UsualRate}.", UsualRate);

    private readonly Option<int?> _survivors = RunOptions.Positive(
        "--survivors", "N", $"Partial solutions that compensated rounding keeps beside each other in the layers of the final plan; more find a smaller error and take longer. Default: {CompressionOptions.DefaultSurvivors}.");

    private readonly Option<string?> _codes = new("--codes")
    {
        HelpName = "trellis|plain",
        Description = "Codes of 2 and 3 bits: in a trellis, where the codes before it tell which of twice as many levels a weight may take, or plain; in a trellis errors are about a decibel smaller at the same bytes, "
            + "candidates take longer to round, and 2 bits take 4 in memory. Default: trellis; with --rounding nearest plain.",
    };

    /// <summary>The options for commands that round candidates only.</summary>
    public IReadOnlyList<Option> OfCandidates => [_rounding, _codes];

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rounding, _codes, _survivors, _iterations, _rate }) command.Add(option);
    }

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">A word is none of those that are offered, or says something of another way of rounding.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        var method = RunOptions.Word(parsed, _rounding, Methods) ?? options.Rounding;
        var (iterations, rate) = (parsed.GetValue(_iterations), parsed.GetValue(_rate));
        if (method != RoundingMethod.Adaptive && (iterations is not null || rate is not null))
            throw new UsageException("--rounding-iterations and --rounding-rate say how adaptive rounding learns; give --rounding adaptive as well.");
        var adaptive = options.Adaptive;
        var isPlain = RunOptions.Word(parsed, _codes, Codes) == CodesOf.Plain;
        return options with
        {
            Candidates = isPlain ? options.Candidates.WithPlainCodes() : options.Candidates,
            Rounding = method,
            Survivors = parsed.GetValue(_survivors) ?? options.Survivors,
            Adaptive = adaptive with { Iterations = iterations ?? adaptive.Iterations, LearningRate = rate ?? adaptive.LearningRate },
        };
    }

    private enum CodesOf
    {
        Trellis,
        Plain,
    }
}
