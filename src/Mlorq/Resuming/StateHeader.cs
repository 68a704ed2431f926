using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Resuming;

/// <summary>What a state belongs to: all that a result follows from.</summary>
/// <param name="Version">The version of Mlorq that wrote it.</param>
/// <param name="Model">SHA-256 of the source model, in hexadecimal digits.</param>
/// <param name="Inputs">SHA-256 of the calibration inputs.</param>
/// <param name="Options">The options, see <see cref="OptionsText"/>.</param>
internal sealed record StateHeader(string Version, string Model, string Inputs, IReadOnlyList<string> Options)
{
    /// <summary>The header of a run.</summary>
    /// <param name="source">The model.</param>
    /// <param name="calibration">The calibration inputs.</param>
    /// <param name="options">The options.</param>
    public static StateHeader Of(Model source, CalibrationSet calibration, CompressionOptions options) => new(
        typeof(StateHeader).Assembly.GetName().Version!.ToString(),
        Convert.ToHexStringLower(OnnxWriter.HashOf(source)),
        calibration.Hash(),
        OptionsText.Of(options));

    /// <summary>That of a run in progress, which the memory limit cuts into pieces.</summary>
    /// <param name="memoryLimit">In bytes.</param>
    /// <param name="plan">The hash of a plan that is given; null where the run makes its own.</param>
    public StateHeader InProgress(long memoryLimit, string? plan) => this with { Options = [.. Options, $"Memory = {memoryLimit}", .. plan is null ? (string[])[] : [$"Plan = {plan}"]] };

    public void Write(BinaryWriter writer)
    {
        writer.Write(Version);
        writer.Write(Model);
        writer.Write(Inputs);
        writer.Write(Options.Count);
        foreach (var line in Options) writer.Write(line);
    }

    public static StateHeader Read(BinaryReader reader)
    {
        var (version, model, inputs) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
        return new StateHeader(version, model, inputs, [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadString())]);
    }

    /// <summary>What is not the same now, in words; empty where a run may go on from the state.</summary>
    public IReadOnlyList<string> Differences(StateHeader now)
    {
        var result = new List<string>();
        if (Version != now.Version) result.Add($"it was written by version {Version}, and this is version {now.Version}");
        if (Model != now.Model) result.Add("the model is another one");
        if (Inputs != now.Inputs) result.Add("the calibration inputs are others");
        if (OptionsText.Differences(Options, now.Options) is { Count: > 0 } options) result.Add($"the options differ ({string.Join("; ", options)})");
        return result;
    }
}
