using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tests.Rewriting;

/// <summary>Tensors of the model that have the names that compressed layers would give to theirs.</summary>
public class NameCollisionTests
{
    private static readonly WeightFormat Format = new(BitWidth.Four, Granularity.PerOutputChannel, Symmetry.Symmetric);

    [Fact]
    public void A_shared_bias_named_like_the_layers_own_stays_what_it_is()
    {
        var model = new GraphBuilder().Input("x", 3, 64).Weight("w", 64, 64).Weight("fc/bias", 64).Output("y")
            .Add(new Node("MatMul", "fc/MatMul", ["x", "w"], ["p"])).Node("Add", "p,fc/bias", "s").Node("Mul", "s,fc/bias", "y").Build();
        AllDense(model);
    }

    [Fact]
    public void A_constant_named_like_a_layers_row_scales_stays_what_it_is()
    {
        var model = new GraphBuilder().Input("x", 3, 64).Weight("w", 64, 64).Weight("fc/row_scale", 64).Output("y")
            .Add(new Node("MatMul", "fc/MatMul", ["x", "w"], ["p"])).Node("Mul", "p,fc/row_scale", "y").Build();
        AllDense(model);
    }

    [Fact]
    public void Two_adjacent_names_of_layers_do_not_meet_in_the_factors_names()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", 3, 64).Weight("w", 64, 64).Weight("v", 64, 64).Output("y")
            .Add(new Node("MatMul", "a/MatMul", ["x", "w"], ["p"])).Add(new Node("MatMul", "a/right/MatMul", ["p", "v"], ["y"])).Build());
        var layers = LayerFinder.Find(model).Linear.ToList();
        var random = new Random(1);
        Check(model,
        [
            new RoundedLayer.LowRank(layers[0], new Candidate.LowRank(8, Format, Format), OneLayer.RandomMatrix(64, 8, Format, random), OneLayer.RandomMatrix(8, 64, Format, random), []),
            new RoundedLayer.Dense(layers[1], new Candidate.Dense(Format), OneLayer.RandomMatrix(64, 64, Format, random), []),
        ]);
    }

    [Fact]
    public void A_model_that_holds_the_functions_already_gets_none_twice()
    {
        var model = OneLayer.Model(64, 48, bias: false);
        var layer = LayerFinder.Find(model).Linear.Single();
        var first = OneLayer.Compressed(model, new RoundedLayer.Dense(layer, new Candidate.Dense(Format), OneLayer.RandomMatrix(48, 64, Format, new Random(1)), []));
        var editor = first.Edit();
        editor.SetInitializer("w3", RandomInputs.Floats(new Random(3), 48, 64));
        editor.Nodes.Add(new Node("MatMul", "again", ["y", "w3"], ["z"]));
        editor.AddOutput("z", ElementType.Float);
        AllDense(editor.ToModel());
    }

    private static void AllDense(Model source)
    {
        var model = Canonicalize.Apply(source);
        var random = new Random(1);
        Check(model,
        [
            .. LayerFinder.Find(model).Layers.Select(RoundedLayer (l) => l is LinearLayer linear
                ? new RoundedLayer.Dense(linear, new Candidate.Dense(Format), OneLayer.RandomMatrix(linear.OutFeatures, linear.InFeatures, Format, random), linear.Bias?.Values ?? [])
                : new RoundedLayer.Converted(l, new Candidate.Single())),
        ]);
    }

    private static void Check(Model model, IReadOnlyList<RoundedLayer> layers)
    {
        var inputs = RandomInputs.For(model);
        var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs)[0];
        var actual = Judge.Run(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata), inputs)[0];
        TestKit.Close.Equal(expected.Floats, actual.Floats, 1e-4, 1e-4);
    }
}
