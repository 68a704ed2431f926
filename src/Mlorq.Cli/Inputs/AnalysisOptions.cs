using System.CommandLine;
using System.Globalization;
using Mlorq.Cli.Display;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>What is rotated first, and how the price of weight errors is found: by which method, with which measure, from how many samples, in how much memory.</summary>
internal sealed class AnalysisOptions
{
    // No process takes so little: such a number is a slip.
    private const long LeastMemory = 64_000_000;

    private static readonly Dictionary<string, SensitivityMethod> Sensitivities = new()
    {
        ["gradients"] = SensitivityMethod.SampleGradients,
        ["measured"] = SensitivityMethod.Measured,
    };

    private static readonly Dictionary<string, ErrorWeighting> Weightings = new()
    {
        ["plain"] = ErrorWeighting.Plain,
        ["moments"] = ErrorWeighting.InputMoments,
        ["rows"] = ErrorWeighting.InputMomentsAndRows,
        ["tokens"] = ErrorWeighting.TokenMomentsAndRows,
        ["outputs"] = ErrorWeighting.TokenMomentsAndOutputs,
        ["hessian"] = ErrorWeighting.DiagonalHessian,
    };

    private static readonly Dictionary<string, RotationMethod> Rotations = new()
    {
        ["streams"] = RotationMethod.Streams,
        ["none"] = RotationMethod.None,
    };

    private readonly Option<string?> _rotation = RunOptions.Text(
        "--rotation",
        "streams|none",
        "streams rotates what flows between linear layers and layer normalisations before anything is compressed, where the model allows it: it computes the same, and loses less at few bits. Default: streams.");

    private readonly Option<string?> _sensitivity = RunOptions.Text(
        "--sensitivity",
        "gradients|measured",
        "How the price of an error in a layer is found. gradients differentiates the model's outputs for each sample; measured runs the "
            + "model with one layer compressed at a few points and works for any operators. Default: gradients.");

    private readonly Option<string?> _weighting = RunOptions.Text(
        "--weighting",
        "plain|moments|rows|tokens|outputs|hessian",
        "What the local measure of weight errors knows: nothing, the layer's inputs, inputs and the weight of each output row, these and the weight "
            + "of each token, these and how the errors of rows add up, or the diagonal Hessian of the paper. rows, tokens, outputs and hessian need gradients. Default: outputs; "
            + "with --rounding nearest: tokens; with --sensitivity measured: moments.");

    private readonly Option<int?> _samples = RunOptions.Positive("--gradient-samples", "N", "Calibration samples to differentiate at, the first ones. Default: 256, or as many as there are.");
    private readonly Option<int?> _projections = RunOptions.Positive("--projections", "N", "Random projections of the outputs for each of these samples. Default: 1.");
    private readonly Option<ulong?> _seed = Seed();
    private readonly Option<string[]> _project = new("--project")
    {
        HelpName = "NAME",
        Description = "A tensor whose change is the price of an error; may be repeated, and every layer must lie before one of them. Default: the float "
            + "outputs, or the last tensors before them that have a gradient; mlorq inspect shows which.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _memory = RunOptions.Text(
        "--memory",
        "SIZE",
        "What the process may take in all until the plan is chosen, such as 4GB or 1.5GiB, by an estimate of what the model itself takes; with less, layers go in smaller groups, and what is kept goes to temporary files, which takes longer. Default: 2GB beside the model.");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rotation, _sensitivity, _weighting, _samples, _projections, _seed, _project, _memory }) command.Add(option);
    }

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">A word is none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        var gradients = options.Gradients;
        return options with
        {
            Rotation = RunOptions.Word(parsed, _rotation, Rotations) ?? options.Rotation,
            Sensitivity = RunOptions.Word(parsed, _sensitivity, Sensitivities) ?? options.Sensitivity,
            Weighting = RunOptions.Word(parsed, _weighting, Weightings) ?? options.Weighting,
            Gradients = gradients with
            {
                Samples = parsed.GetValue(_samples) ?? gradients.Samples,
                Projections = parsed.GetValue(_projections) ?? gradients.Projections,
                Seed = parsed.GetValue(_seed) ?? gradients.Seed,
                ProjectedTensors = parsed.GetValue(_project) is { Length: > 0 } names ? names : gradients.ProjectedTensors,
            },
        };
    }

    /// <summary>The memory that was given, in bytes; null where none was.</summary>
    /// <exception cref="UsageException">It is no size, or too small.</exception>
    public long? Memory(ParseResult parsed)
    {
        if (parsed.GetValue(_memory) is not { } text) return null;
        var bytes = Bytes(text) ?? throw new UsageException($"--memory is '{text}'; it must be a size such as 2GB, 1.5GiB or 800MB.");
        if (bytes < LeastMemory) throw new UsageException($"--memory is '{text}', which is {bytes} bytes; it must be 64MB or more.");
        return bytes;
    }

    /// <summary>The run settings within the memory that was given; a note says so where the model alone takes more.</summary>
    public static RunSettings Within(RunSettings run, long? memory, Model model, Terminal terminal)
    {
        if (memory is not { } bytes) return run;
        if (bytes < RunSettings.TakenBy(model))
            terminal.Note($"By estimate the process takes {Format.Megabytes(RunSettings.TakenBy(model))} with this model alone, more than --memory. Layers go in small groups, and it will take more than that all the same.");
        return run.Within(bytes, model);
    }

    // The units of a budget; ratios and bits say nothing about memory.
    private static long? Bytes(string text)
    {
        try
        {
            return (Budget.Parse(text) as Budget.Bytes)?.Count;
        }
        catch (BudgetFormatException)
        {
            return null;
        }
    }

    private static Option<ulong?> Seed()
    {
        var option = new Option<ulong?>("--seed") { HelpName = "N", Description = "Where random numbers start; equal seeds give equal files. Default: 1." };
        option.CustomParser = argument =>
        {
            if (ulong.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
            argument.AddError($"--seed must be a whole number from 0 on, not '{argument.Tokens[0].Value}'.");
            return null;
        };
        return option;
    }
}
