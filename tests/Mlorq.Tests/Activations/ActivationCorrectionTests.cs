using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests.Activations;

public class ActivationCorrectionTests
{
    private const int Samples = 40;
    private static readonly RunSettings Run = new() { Threads = 2 };

    // One layer of which the whole input is rounded to a few levels.
    private static readonly Model Layer = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, 24).Weight("w", 24, 48).Weight("b", 48).Output("y").Node("MatMul", "x,w", "p").Node("Add", "p,b", "y").Build());

    [Fact]
    public void The_whole_correction_is_the_regression_to_rounded_inputs()
    {
        var (prepared, x) = Prepared();
        var grid = prepared.Activations[0].Grid;
        var layer = prepared.Layers.Linear.Single();
        var moments = ActivationCorrection.Moments(prepared, TinyModels.Calibration(Layer, Samples, 8), Run);

        var corrected = ActivationCorrection.Corrected(prepared, moments, 1, ridge: 1e-9).Layers.Linear.Single();

        // The mean squared error of the outputs cannot be lowered by any small change of the weights.
        var least = Error(corrected);
        Assert.True(least < 0.9 * Error(layer));
        var random = new Random(3);
        for (var t = 0; t < 20; t++)
        {
            var moved = corrected.ToMatrix();
            for (var i = 0; i < moved.Values.Length; i++) moved.Values[i] += (float)(0.01 * (random.NextDouble() - 0.5));
            Assert.True(SecondMomentError(moved) > SecondMomentError(corrected.ToMatrix()));
        }

        // E‖W x − V x̂‖², which the weights are fitted to; the bias makes up for the means.
        double SecondMomentError(Matrix<float> weight) => Squares(weight, new float[48], new float[48]);
        double Error(LinearLayer changed) => Squares(changed.ToMatrix(), layer.Bias!.Values, changed.Bias!.Values);
        double Squares(Matrix<float> weight, float[] wanted, float[] bias)
        {
            var original = layer.ToMatrix();
            double sum = 0;
            for (var s = 0; s < Samples; s++)
            {
                for (var o = 0; o < 48; o++)
                {
                    double error = wanted[o] - bias[o];
                    for (var i = 0; i < 24; i++) error += (original[o, i] * (double)x[(s * 24) + i]) - (weight[o, i] * (double)grid.Rounded(x[(s * 24) + i]));
                    sum += error * error;
                }
            }

            return sum;
        }
    }

    [Fact]
    public void Without_a_share_the_bias_alone_takes_the_mean_error()
    {
        var (prepared, x) = Prepared();
        var moments = ActivationCorrection.Moments(prepared, TinyModels.Calibration(Layer, Samples, 8), Run);

        var corrected = ActivationCorrection.Corrected(prepared, moments, 0, 1).Layers.Linear.Single();

        var layer = prepared.Layers.Linear.Single();
        var weight = layer.ToMatrix();
        Assert.Equal(weight.Values, corrected.ToMatrix().Values);
        var expected = layer.Bias!.Values.Select((b, o) => b + Enumerable.Range(0, 24).Sum(i => weight[o, i] * Enumerable.Range(0, Samples).Average(s => (double)x[(s * 24) + i] - prepared.Activations[0].Grid.Rounded(x[(s * 24) + i]))));
        Close.Equal([.. expected], [.. corrected.Bias!.Values], 1e-4, 1e-5);
    }

    [Fact]
    public void It_is_taken_where_outputs_on_held_out_inputs_are_better()
    {
        var (prepared, _) = Prepared();
        var calibration = TinyModels.Calibration(Layer, 200, 8);

        var corrected = ActivationCorrection.Apply(prepared, calibration, Run);

        Assert.Same(prepared.Original, corrected.Original);
        // Other inputs than it was fitted to and judged by.
        var others = CalibrationSet.Of(RandomInputs.For(Layer, 64, seed: 99), 8);
        Assert.True(Noise(corrected) < 0.8 * Noise(prepared));
        // Levels that lose nothing leave nothing to make up for.
        var fine = prepared with { Activations = [prepared.Activations[0] with { Grid = new ActivationGrid.Uniform(0.01f, 128, 8) }] };
        Assert.True(Noise(ActivationCorrection.Apply(fine, calibration, Run)) <= 1.01 * Noise(fine));

        double Noise(PreparedModel p) => OutputComparison.Between(p.Original, StaticActivations.Insert(p.Model, p.Activations), others, Run).NoiseToSignal;
    }

    private static (PreparedModel Prepared, float[] X) Prepared()
    {
        var layers = LayerFinder.Find(Layer);
        var point = ActivationPoints.Find(Layer, layers).Single();
        return (new PreparedModel(Layer, layers, [new QuantizedActivation(point, new ActivationGrid.Uniform(0.15f, 3, 3))]), RandomInputs.For(Layer, Samples, seed: 11)["x"].Floats.ToArray());
    }
}
