using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.Tuning;

/// <summary>The sample model, coarsely rounded with every kind of candidate, for trainings of a few steps.</summary>
internal static class TrainedSample
{
    private const int Pictures = 32;

    private static readonly Lazy<IReadOnlyList<RoundedLayer>> LazyStart = new(Round);

    public static Model Model => VitFashion.Canonical;

    /// <summary>32 pictures in batches of 16.</summary>
    public static CalibrationSet Calibration => VitFashion.Calibration.Take(Pictures);

    /// <summary>26 pictures to learn from, 6 to judge.</summary>
    public static HeldOutInputs Inputs => HeldOutInputs.Of(Model, Calibration)!;

    /// <summary>Matrices of one width, with rows of two widths and in pairs; constants in half precision, in bytes, and as they are.</summary>
    public static IReadOnlyList<RoundedLayer> Start => LazyStart.Value;

    public static CompressionOptions Options => new()
    {
        Budget = new Budget.Ratio(8),
        Tuning = new TuningOptions { Method = TuningMethod.None, Steps = 12, BatchSize = 6 },
        Reconstruction = new ReconstructionOptions { Steps = 25, BatchSize = 6, CodeRate = 0.3 },
    };

    public static byte[] Bytes(IReadOnlyList<RoundedLayer> layers) => OnnxWriter.ToBytes(ModelRewriter.Replace(Model, layers, new Dictionary<string, string>()));

    private static IReadOnlyList<RoundedLayer> Round()
    {
        var found = LayerFinder.Find(Model);
        var rounding = new NearestRounding();
        var statistics = LayerStatistics.Collect(Model, found, Calibration, null, ErrorWeighting.InputMoments, rounding, new RunSettings());
        var linear = 0;
        return [.. found.Layers.Select(l => SequentialRounding.Round(l, l is LinearLayer ? Linear(linear++) : Constant(l), statistics, rounding))];
    }

    private static Candidate Linear(int index)
    {
        var grouped = new WeightFormat(BitWidth.Three, Granularity.Group(32), Symmetry.Symmetric);
        return (index % 4) switch
        {
            0 => new Candidate.Dense(grouped),
            1 => new Candidate.MixedRows(grouped with { BitWidth = BitWidth.Two }, grouped with { BitWidth = BitWidth.Four }, 40),
            2 => new Candidate.LowRank(48, grouped with { BitWidth = BitWidth.Four }, new WeightFormat(BitWidth.Four, Granularity.PerOutputChannel, Symmetry.Asymmetric)),
            _ => new Candidate.Dense(new WeightFormat(BitWidth.Three, Granularity.PerOutputChannel, Symmetry.Asymmetric)),
        };
    }

    private static Candidate Constant(Layer layer) => layer.Shape.Count == 1 ? new Candidate.Half() : layer.Parameters > 1000 ? new Candidate.Rows8() : new Candidate.Single();
}
