using System.CommandLine;

namespace Mlorq.Cli.Inputs;

/// <summary>How much work goes into a file, and what is learned by back-propagation.</summary>
internal sealed class LearningOptions
{
    private static readonly Dictionary<string, Effort> Efforts = new()
    {
        ["fast"] = Effort.Fast,
        ["normal"] = Effort.Normal,
        ["best"] = Effort.Best,
    };

    private static readonly Dictionary<string, ReconstructionObjective> Objectives = new()
    {
        ["none"] = ReconstructionObjective.None,
        ["block"] = ReconstructionObjective.Block,
        ["model"] = ReconstructionObjective.Model,
    };

    private static readonly Dictionary<string, TuningMethod> Methods = new()
    {
        ["none"] = TuningMethod.None,
        ["free"] = TuningMethod.Free,
    };

    private readonly Option<string?> _effort = new("--effort")
    {
        HelpName = "fast|normal|best",
        Description = "How much work goes into the file: normal takes 5 minutes for a model of 6 million parameters on two cores, fast 2 and best up to half an hour. "
            + "Options given besides are kept. Default: normal.",
    };

    private readonly Option<string?> _reconstruction = new("--reconstruction")
    {
        HelpName = "none|block|model",
        Description = "Learns codes, scales and biases together so that the outputs of each transformer block, or of the model, come close to the "
            + "original's. Default: none.",
    };

    private readonly Option<int?> _reconstructionSteps = RunOptions.Positive(
        "--reconstruction-steps", "N", $"Steps for each block, or for the model. Default: {new ReconstructionOptions().Steps}.");

    private readonly Option<string?> _tuning = new("--tuning")
    {
        HelpName = "none|free",
        Description = "free tunes what costs no bytes (scales, biases, parameters of normalisations) for the model's outputs, without labels; it is taken "
            + "only where it is clearly better on a fifth of the samples that it does not learn from. Default: free.",
    };

    private readonly Option<int?> _tuningSteps = RunOptions.Positive("--tuning-steps", "N", $"Steps of tuning. Default: {new TuningOptions().Steps}.");

    private readonly Option<double?> _features = RunOptions.Number(
        "--tuning-features", "What the last block's features count beside the outputs while these are tuned, such as 0.5. Default: 0.", "0.5", isZeroAllowed: true);

    /// <summary>The option for commands that learn nothing.</summary>
    public Option EffortOption => _effort;

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _effort, _reconstruction, _reconstructionSteps, _tuning, _tuningSteps, _features }) command.Add(option);
    }

    /// <summary>The options at the effort that was given; to be called before those that go into detail.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public CompressionOptions AtEffort(ParseResult parsed, CompressionOptions options) =>
        RunOptions.Word(parsed, _effort, Efforts) is { } effort ? options.With(effort) : options;

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">A word is none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        var (reconstruction, tuning) = (options.Reconstruction, options.Tuning);
        return options with
        {
            Reconstruction = reconstruction with
            {
                Objective = RunOptions.Word(parsed, _reconstruction, Objectives) ?? reconstruction.Objective,
                Steps = parsed.GetValue(_reconstructionSteps) ?? reconstruction.Steps,
            },
            Tuning = tuning with
            {
                Method = RunOptions.Word(parsed, _tuning, Methods) ?? tuning.Method,
                Steps = parsed.GetValue(_tuningSteps) ?? tuning.Steps,
                Features = parsed.GetValue(_features) ?? tuning.Features,
            },
        };
    }
}
