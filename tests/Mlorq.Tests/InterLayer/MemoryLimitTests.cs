using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
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

    private static readonly Model Model = TinyModels.TwoLayers().Build(18);

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

    [Fact]
    public void Rounded_candidates_are_kept_only_where_all_layers_fit_at_once()
    {
        Assert.All(Analyze(2_000_000_000).Prices.SelectMany(p => p.Front.Candidates), c => Assert.NotNull(c.Rounded));
        Assert.All(Analyze(1).Prices.SelectMany(p => p.Front.Candidates), c => Assert.Null(c.Rounded));
    }

    // Prices in context come in groups as well.
    [Fact]
    public void The_settled_plan_is_the_same_layer_by_layer()
    {
        var analysis = Analyze(2_000_000_000);
        Assert.Equal(Plan(2_000_000_000), Plan(1));

        IEnumerable<Candidate> Plan(long memory) =>
            Compressor.Plan(analysis, TinyModels.Calibration(Model), Options, Settings(memory)).Choices.Select(c => c.Candidate.Candidate);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2_000_000_000, 1)]
    public void Gradients_of_one_sample_fit_the_limit_or_are_of_one_layer(long memory, int groups)
    {
        var analysis = Analyze(2_000_000_000);
        var errors = analysis.Prices.Select(p => p.Front.Layer).OfType<LinearLayer>().Select(l => new LayerErrors(Model, l, [], null)).ToList();
        Assert.Equal(2, errors.Count);
        Assert.Equal(groups, LayerGroups.OfOneSample(errors, memory).Count);
        Assert.Equal(errors, LayerGroups.OfOneSample(errors, memory).SelectMany(g => g));
    }

    [Fact]
    public void A_limit_of_the_whole_process_leaves_out_what_it_takes_with_the_model()
    {
        var model = TinyModels.TwoLayers().Build();
        Assert.Equal(3_600_000_000 - (5 * model.SizeInBytes), new RunSettings().Within(4_000_000_000, model).MemoryLimit);
        Assert.Equal(64_000_000, new RunSettings().Within(1, model).MemoryLimit);
        // Weights in half precision are computed with in single precision.
        var half = new GraphBuilder().Input("x", ElementType.Float16, null, 64).Constant("w", new Tensor(ElementType.Float16, [64, 48], new byte[64 * 48 * 2])).Output("y", ElementType.Float16).Node("MatMul", "x,w", "y").Build();
        Assert.Equal(400_000_000 + (5 * (half.SizeInBytes + (64 * 48 * 2))), RunSettings.TakenBy(half));
    }

    private static Analysis Analyze(long memory) => Compressor.Analyze(Model, TinyModels.Calibration(Model), Options, Settings(memory));

    private static RunSettings Settings(long memory) => new() { Threads = 2, MemoryLimit = memory };
}
