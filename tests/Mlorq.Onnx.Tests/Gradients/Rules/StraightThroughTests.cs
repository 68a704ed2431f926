using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>Rounding has no differences to compare with: gradients are held against the formulas that straight through means.</summary>
public class StraightThroughTests
{
    private const float Scale = 0.25f;
    private const int Zero = 5;
    private const int Last = 15;

    // Below the first level, at and between levels, and above the last one.
    private static readonly float[] X = [-3f, -1.4f, -1.25f, -0.6f, -0.1f, 0, 0.11f, 0.3f, 1.2f, 2.4f, 2.7f, 9f];
    private static readonly float[] Wanted = [.. X.Select((_, i) => (0.3f * i) - 1)];

    [Fact]
    public void Levels_pass_gradients_within_their_range_and_the_scale_learns_as_in_lsq()
    {
        var loss = Run(Quantizer(), ["x", "s"], new() { ["x"] = Tensor.Of(X, X.Length), ["s"] = Tensor.Of([Scale]) }, RoundingGradient.StraightThrough);

        var (byX, byScale) = (new double[X.Length], 0.0);
        for (var i = 0; i < X.Length; i++)
        {
            var unclipped = Math.Round(X[i] / Scale, MidpointRounding.ToEven) + Zero;
            var code = Math.Clamp(unclipped, 0, Last);
            var slope = 2 * ((Scale * (code - Zero)) - Wanted[i]);
            byX[i] = code == unclipped ? slope : 0;
            byScale += slope * (code == unclipped ? code - Zero - (X[i] / Scale) : code - Zero);
        }

        Assert.Contains(byX, g => g == 0);
        Close.Equal(byX, Doubles(loss.Gradients["x"]), 1e-5);
        Close.Equal([byScale], Doubles(loss.Gradients["s"]), 1e-4);
    }

    [Fact]
    public void A_byte_clips_as_well()
    {
        float[] x = [-2, 0.4f, 100];
        var model = new GraphBuilder().Input("in", 1).Weight("x", 3).Weight("s").Constant("z", Tensor.Of([(byte)0])).Output("y")
            .Node("QuantizeLinear", "x,s,z", "c").Node("DequantizeLinear", "c,s,z", "d").Node("Add", "d,in", "y").Build(18);
        var loss = Run(model, ["x", "s"], new() { ["x"] = Tensor.Of(x, 3), ["s"] = Tensor.Of([Scale]) }, RoundingGradient.StraightThrough);
        Assert.Equal(0, loss.Gradients["x"].Floats[0]);
        Assert.NotEqual(0, loss.Gradients["x"].Floats[1]);
        Assert.Equal(0, loss.Gradients["x"].Floats[2]);
    }

    [Fact]
    public void Round_passes_gradients_as_they_are()
    {
        var model = new GraphBuilder().Input("in", 1).Weight("x", 4).Output("y").Node("Round", "x", "r").Node("Add", "r,in", "y").Build(18);
        float[] x = [0.4f, 0.5f, 1.5f, -2.2f];
        var loss = Run(model, ["x"], new() { ["x"] = Tensor.Of(x, 4) }, RoundingGradient.StraightThrough);
        Close.Equal([.. x.Select((v, i) => 2.0 * (MathF.Round(v) - Wanted[i]))], Doubles(loss.Gradients["x"]), 1e-5);
    }

    [Fact]
    public void Unless_it_is_asked_for_nothing_passes_a_quantizer()
    {
        var loss = Run(Quantizer(), ["x", "s"], new() { ["x"] = Tensor.Of(X, X.Length), ["s"] = Tensor.Of([Scale]) }, RoundingGradient.None);
        Assert.DoesNotContain("x", loss.Gradients.Keys);
    }

    [Fact]
    public void Scales_of_channels_have_no_rule()
    {
        var model = new GraphBuilder().Input("in", 1).Weight("x", 2, 2).Weight("s", 2).Constant("z", Tensor.Of([(byte)0, 0], 2)).Output("y")
            .Node("QuantizeLinear", "x,s,z", "c").Node("DequantizeLinear", "c,s,z", "d").Node("Add", "d,in", "y").Build(18);
        var parameters = new Dictionary<string, Tensor> { ["x"] = Tensor.Of([1f, 2, 3, 4], 2, 2), ["s"] = Tensor.Of([1f, 2], 2) };
        Assert.Throws<MissingGradientRuleException>(() => Run(model, ["x", "s"], parameters, RoundingGradient.StraightThrough));
    }

    private static Model Quantizer() => new GraphBuilder()
        .Input("in", 1).Weight("x", X.Length).Weight("s").Constant("z", Tensor.Of([(byte)Zero])).Constant("last", Tensor.Of([(byte)Last])).Output("y")
        .Node("QuantizeLinear", "x,s,z", "c").Node("Clip", "c,,last", "k").Node("DequantizeLinear", "k,s,z", "d").Node("Add", "d,in", "y").Build(18);

    private static Loss Run(Model model, string[] by, Dictionary<string, Tensor> parameters, RoundingGradient rounding)
    {
        using var runner = new LossRunner(model, by, new Dictionary<string, double> { ["y"] = 1 }, rounding);
        var shape = parameters["x"].Shape.ToArray();
        return runner.Run(new Dictionary<string, Tensor> { ["in"] = Tensor.Of([0f], 1) }, parameters, new Dictionary<string, Tensor> { ["y"] = Tensor.Of(Wanted.Take((int)parameters["x"].Count).ToArray(), shape) });
    }

    private static double[] Doubles(Tensor tensor) => Array.ConvertAll(tensor.Floats.ToArray(), v => (double)v);
}
