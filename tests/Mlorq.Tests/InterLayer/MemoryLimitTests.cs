using Mlorq.Quantization;

namespace Mlorq.Tests.InterLayer;

public class MemoryLimitTests
{
    private static readonly CompressionOptions Options = new()
    {
        Budget = new Budget.Ratio(8),
        Candidates = new CandidateOptions
        {
            BitWidths = [BitWidth.Two, BitWidth.Four],
            Granularities = [Granularity.PerOutputChannel],
            FactorBitWidths = [BitWidth.Four],
            RankStep = 32,
        },
        Gradients = new GradientOptions { Samples = 20 },
    };

    // Each group has a backward graph of its own, in which ONNX Runtime sums in another order: single precision, so 1e-7 at best; 2e-6 was seen.
    private const double Rounding = 1e-4;

    // A group for each layer and one sample at a time, against all layers and 16 samples at once.
    [Fact]
    public void Layers_one_by_one_have_the_prices_of_all_layers_together()
    {
        var (small, large) = (Analyze(1), Analyze(2_000_000_000));
        foreach (var (a, b) in small.Prices.Zip(large.Prices))
        {
            Assert.Equal(b.Front.Layer.Name, a.Front.Layer.Name);
            Assert.Equal(b.Front.Candidates.Select(c => c.Candidate), a.Front.Candidates.Select(c => c.Candidate));
            foreach (var (p, q) in a.Prices.Zip(b.Prices)) Assert.InRange(p.NoiseToSignal, q.NoiseToSignal * (1 - Rounding), q.NoiseToSignal * (1 + Rounding));
        }
    }

    private static Analysis Analyze(long memory)
    {
        var model = TinyModels.TwoLayers().Build(18);
        return Compressor.Analyze(model, TinyModels.Calibration(model), Options, new RunSettings { Threads = 2, MemoryLimit = memory });
    }
}
