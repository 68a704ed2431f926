using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Statistics;

namespace Mlorq.Resuming;

/// <summary>The sections of an analysis file.</summary>
internal static class AnalysisRecords
{
    /// <summary>How the names of sections begin that a run in progress keeps of its analysis.</summary>
    public const string Prefix = "analysis, ";

    private const string Samples = "samples";
    private const string Source = "model";
    private const string Prepared = "prepared model";
    private const string Original = "model before correction";
    private const string Activations = "activations";
    private const string Prices = "prices";
    private const string Statistics = "statistics";

    public static IReadOnlyDictionary<string, Action<BinaryWriter>> Of(Analysis analysis, AnalysisSamples samples)
    {
        var sections = new SortedDictionary<string, Action<BinaryWriter>>(StringComparer.Ordinal)
        {
            [Samples] = samples.Write,
            [Source] = w => Write(w, analysis.Source),
            [Activations] = w => ActivationRecords.Write(w, analysis.Prepared),
            [Prices] = w => PriceRecords.Write(w, analysis.Prices),
            [Statistics] = w => StatisticsRecords.Write(w, analysis.Statistics),
        };
        // What is done to a model before its weights are compressed may depend on the inputs, and is not done again.
        if (!AreSame(analysis.Model, Canonicalize.Apply(analysis.Source))) sections[Prepared] = w => Write(w, analysis.Model);
        if (!AreSame(analysis.Prepared.Original, analysis.Model)) sections[Original] = w => Write(w, analysis.Prepared.Original);
        return sections;
    }

    /// <summary>The analysis for plans; of the statistics, which are large, nothing is read.</summary>
    public static Analysis ReadForPlans(StateFile file)
    {
        var source = ReadModel(file, Source);
        var model = file.Has(Prepared) ? ReadModel(file, Prepared) : Canonicalize.Apply(source);
        var original = file.Has(Original) ? ReadModel(file, Original) : model;
        var prepared = Read(file, Activations, r => ActivationRecords.Read(r, model, original));
        var prices = Read(file, Prices, r => PriceRecords.Read(r, prepared.Layers.Layers));
        return new Analysis(source, model, LayerStatistics.None, prices) { Prepared = prepared };
    }

    /// <summary>The statistics.</summary>
    /// <param name="file">The analysis.</param>
    /// <param name="matrices">Where matrices are held; null for memory.</param>
    public static LayerStatistics ReadStatistics(StateFile file, TemporaryFile? matrices) => Read(file, Statistics, r => StatisticsRecords.Read(r, matrices));

    public static AnalysisSamples ReadSamples(StateFile file) => Read(file, Samples, AnalysisSamples.Read);

    private static bool AreSame(Model one, Model other) => ReferenceEquals(one, other) || OnnxWriter.HashOf(one).AsSpan().SequenceEqual(OnnxWriter.HashOf(other));

    private static void Write(BinaryWriter writer, Model model)
    {
        var parts = OnnxWriter.ToParts(model);
        writer.Write(parts.Weights.Count);
        foreach (var part in parts.Weights.Prepend(parts.Message))
        {
            writer.Write(part.Length);
            writer.Write(part.Span);
        }
    }

    private static Model ReadModel(StateFile file, string section) => Read(file, section, r =>
    {
        var count = r.ReadInt32();
        return OnnxReader.Parse(new ModelParts(LayerRecords.ReadArray<byte>(r), [.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)LayerRecords.ReadArray<byte>(r))]));
    });

    private static T Read<T>(StateFile file, string section, Func<BinaryReader, T> read)
    {
        var result = default(T);
        if (!file.Read(section, r => result = read(r))) throw file.Damaged($"it has no part '{section}'");
        return result!;
    }
}

/// <summary>The calibration inputs behind an analysis, as far as another run has to know them.</summary>
/// <param name="Count">How many samples.</param>
/// <param name="Metadata">Entries for compressed files, such as how pictures were prepared.</param>
internal sealed record AnalysisSamples(long Count, IReadOnlyDictionary<string, string> Metadata)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(Metadata.Count);
        foreach (var (key, value) in Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            writer.Write(key);
            writer.Write(value);
        }
    }

    public static AnalysisSamples Read(BinaryReader reader) => new(
        reader.ReadInt64(), Enumerable.Range(0, reader.ReadInt32()).Select(_ => (Key: reader.ReadString(), Value: reader.ReadString())).ToDictionary(e => e.Key, e => e.Value));
}
