using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;

namespace Mlorq.Tests.InterLayer;

/// <summary>A weight that several nodes read is priced by what its error does at all of them together: that is measured, and so is what it does at each of them alone.</summary>
public class SharedWeightPricesTests
{
    private const int Width = 64;
    private const int Samples = 64;

    // The mean of 1,024 squares is off by 4.4 % (its standard error, of normal projections), and errors at 8 bits are small: 1.3 is far outside of both.
    private const int Projections = 16;
    private const double Factor = 1.3;

    // So much less does an error do at one of the nodes alone, whichever it is: a price of one node would be further off than the factor allows.
    private const double OneOfSeveral = 1.5;

    private static readonly RunSettings Run = new() { Threads = 2 };

    [Fact]
    public void A_weight_of_two_products()
    {
        var model = new GraphBuilder().Input("x", null, Width).Constant("w", Weight(1, Width, Width)).Output("y")
            .Node("MatMul", "x,w", "p").Node("Relu", "p", "r").Node("MatMul", "r,w", "y").Build();
        IsPricedWithAllUses(model, "w", 2);
    }

    // As ALBERT repeats one block: x + f(x) six times, with the same two weights.
    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    public void A_weight_of_six_repeated_layers(string weight)
    {
        var builder = new GraphBuilder().Input("x", null, Width).Constant("up", Weight(1, Width, 96)).Weight("b", 96).Constant("down", Weight(2, 96, Width)).Weight("gain", Width).Weight("shift", Width).Output("h6")
            .Node("Identity", "x", "h0");
        for (var i = 0; i < 6; i++)
        {
            builder = builder.Node("LayerNormalization", $"h{i},gain,shift", $"n{i}").Node("MatMul", $"n{i},up", $"p{i}").Node("Add", $"p{i},b", $"q{i}").Node("Relu", $"q{i}", $"r{i}")
                .Node("MatMul", $"r{i},down", $"s{i}").Node("Add", $"h{i},s{i}", $"h{i + 1}");
        }

        IsPricedWithAllUses(builder.Build(), weight, 6);
    }

    // Looked up at the bottom, transposed and multiplied with at the top.
    [Fact]
    public void A_table_tied_to_the_output()
    {
        var model = new GraphBuilder().Input("ids", ElementType.Int64, null, 6).Constant("table", Weight(1, 100, Width)).Constant("w", Weight(2, Width, Width)).Output("y")
            .Node("Gather", "table,ids", "e").Node("MatMul", "e,w", "p").Node("Tanh", "p", "r").Node("Add", "e,r", "h")
            .Node("Transpose", "table", "head", NodeAttribute.Ints("perm", 1, 0)).Node("MatMul", "h,head", "y").Build();
        IsPricedWithAllUses(model, null, 2);
    }

    // Null for the tied table, which is known by its look-ups.
    private static void IsPricedWithAllUses(Model source, string? tensor, int uses)
    {
        var calibration = TinyModels.Calibration(source, Samples);
        var options = TinyModels.Options(4) with
        {
            Rounding = RoundingMethod.Nearest,
            // Which only says how codes are chosen, and takes no gradients.
            Weighting = ErrorWeighting.InputMoments,
            Candidates = new CandidateOptions { BitWidths = [BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], Symmetries = [Symmetry.Symmetric], FactorBitWidths = [] },
            Gradients = new GradientOptions { Samples = Samples, Projections = Projections },
        };
        var analysis = Compressor.Analyze(source, calibration, options, Run);
        var model = analysis.Model;
        var front = analysis.Prices.Single(p => p.Front.Layer is LinearLayer layer && (tensor is null ? layer.IsTied : layer.TensorName == tensor));
        var choice = front.Front.Candidates.Zip(front.Prices).Single(c => c.First.Candidate is Candidate.Dense);
        var (name, value) = SimulatedWeights.Values(model, choice.First.Rounded!).Single();
        var readers = model.Graph.Readers(name);
        Assert.Equal(uses, readers.Count);

        var together = Measured(readers);
        Assert.InRange(choice.Second.NoiseToSignal / together, 1 / Factor, Factor);
        Assert.All(readers, r => Assert.True(Measured([r]) * OneOfSeveral < together, $"{r}: {Measured([r])}, all {together}"));

        double Measured(IReadOnlyList<Node> nodes)
        {
            var editor = model.Edit();
            editor.SetInitializer("rounded", value);
            foreach (var node in nodes) editor.Replace(node, node.With(inputs: node.Inputs.Select(i => i == name ? "rounded" : i)));
            return OutputComparison.Between(model, editor.ToModel(), calibration, Run).NoiseToSignal;
        }
    }

    private static Tensor Weight(int seed, int rows, int columns) => Tensor.Of(Matrices.Weights(rows, columns, seed, 1 / Math.Sqrt(rows)).Values.AsSpan(), rows, columns);
}
