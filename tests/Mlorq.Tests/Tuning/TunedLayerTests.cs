using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Rewriting;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

/// <summary>The chain rule from the gradient by a layer's weight, as the graph holds it, to scales, codes and biases.</summary>
public class TunedLayerTests
{
    private const int In = 64;
    private const int Out = 48;
    private const int Rank = 20;

    private static readonly WeightFormat Grouped = new(BitWidth.Three, Granularity.Group(16), Symmetry.Symmetric);
    private static readonly WeightFormat Whole = new(BitWidth.Four, Granularity.PerOutputChannel, Symmetry.Asymmetric);
    private static readonly Model OneLinear = OneLayer.Model(In, Out, bias: true);
    private static readonly LinearLayer Linear = LayerFinder.Find(OneLinear).Linear.Single();
    private static readonly TrainingStep SmallStep = new(0.01f, 0.1f, 0, 0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_whole_matrix(bool withCodes)
    {
        var rounded = Dense();
        var matrix = Matrix(rounded.Weight, withCodes);
        GradientsAgree(new TunedDense(rounded, matrix), matrix);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_of_two_widths(bool withCodes)
    {
        var rounded = Mixed();
        var (low, high) = (Matrix(rounded.Low, withCodes), Matrix(rounded.High, withCodes));
        GradientsAgree(new TunedRows(rounded, low, high), low, high);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pair_of_factors(bool withCodes)
    {
        var rounded = Pair();
        var (left, right) = (Matrix(rounded.Left, withCodes), Matrix(rounded.Right, withCodes));
        GradientsAgree(new TunedPair(rounded, left, right), left, right);
    }

    [Fact]
    public void Rows_that_are_not_taken_never_change()
    {
        var rounded = Mixed();
        var tuned = new TunedRows(rounded, Matrices.Weights(Out, In, 3));
        for (var i = 0; i < 20; i++)
        {
            tuned.Accept(new Dictionary<string, Tensor> { ["w"] = Tensor.Of(Matrices.Weights(In, Out, i).Values.AsSpan(), In, Out) });
            tuned.Step(SmallStep with { CodeRate = 0.5f, Pull = 1e-3, Exponent = 2 });
        }

        var ended = (RoundedLayer.MixedRows)tuned.Finish();
        Assert.NotEqual(rounded.Dequantize().Values, ended.Dequantize().Values);
        for (var row = 0; row < Out; row++)
        {
            var (before, after) = rounded.IsHigh[row] ? (rounded.Low, ended.Low) : (rounded.High, ended.High);
            Assert.Equal(before.Codes[(row * In)..((row + 1) * In)], after.Codes[(row * In)..((row + 1) * In)]);
            Assert.Equal(before.Grids.RowScales[row], after.Grids.RowScales[row]);
            Assert.Equal(before.Dequantize().Row(row), after.Dequantize().Row(row));
        }
    }

    [Fact]
    public void Codes_learned_for_a_pair_start_from_the_gradients_by_its_factors()
    {
        var rounded = Pair();
        var gradient = Matrices.Weights(Out, In, 5);
        var tuned = (TunedPair)TunedLayer.Of(OneLinear, rounded, Gradients(gradient))!;
        // A large step of all codes: each goes where its own factor's error falls; soft codes have moved small gradients a little.
        tuned.Accept(Gradients(gradient));
        tuned.Step(SmallStep with { CodeRate = 9, Rate = 0 });
        var ended = (RoundedLayer.LowRank)tuned.Finish();
        var (left, right) = (rounded.Left.Dequantize().ToMathNet(), rounded.Right.Dequantize().ToMathNet());
        AssertFell((Matrices.ToMathNet(gradient) * right.Transpose()).ToRowMajorArray(), rounded.Left, ended.Left);
        AssertFell((left.Transpose() * Matrices.ToMathNet(gradient)).ToRowMajorArray(), rounded.Right, ended.Right);
    }

    [Fact]
    public void A_bias_goes_against_its_gradient_in_units_of_its_size()
    {
        var rounded = Dense();
        var tuned = new TunedDense(rounded, Matrix(rounded.Weight, withCodes: false));
        var gradient = Enumerable.Range(0, Out).Select(i => i % 3 == 0 ? 0 : i % 2 == 0 ? 1e-3f : -7f).ToArray();
        tuned.Accept(new Dictionary<string, Tensor> { ["b"] = Tensor.Of(gradient.AsSpan(), Out) });
        tuned.Step(SmallStep);
        var unit = Math.Sqrt(rounded.Bias.Average(b => (double)b * b));
        var ended = ((RoundedLayer.Dense)tuned.Finish()).Bias;
        // The first step of Adam is the rate, whatever the size of the gradient.
        for (var i = 0; i < Out; i++) Assert.Equal(rounded.Bias[i] - (0.01 * unit * Math.Sign(gradient[i])), ended[i], 1e-5 * unit);
        Assert.Equal(rounded.Weight.Codes, ((RoundedLayer.Dense)tuned.Finish()).Weight.Codes);
    }

    [Fact]
    public void The_gradient_by_numbers_is_in_their_unit()
    {
        float[] start = [3, -4, 0, 5];
        var numbers = new TunedNumbers(start);
        float[] target = [1, 2, 3, 4];
        numbers.Accept([.. start.Select((v, i) => 2 * (v - target[i]))]);
        Quadratic.AssertClose(
            [.. start.Select((_, i) => Quadratic.Difference(by => numbers.Vector.Values[i] += by, () => numbers.Values().Select((v, k) => Math.Pow(v - target[k], 2)).Sum()))],
            [.. numbers.Vector.Gradient.Take(4).Select(g => (double)g)]);
        Assert.Equal(start, numbers.Values());
    }

    [Fact]
    public void Numbers_that_are_all_zero_can_be_tuned()
    {
        var numbers = new TunedNumbers(new float[5]);
        numbers.Accept([1, -1, 1, -1, 0]);
        numbers.Vector.Step(0.5f);
        var values = numbers.Values();
        Assert.All(values, v => Assert.True(float.IsFinite(v)));
        Assert.Equal([-1, 1, -1, 1, 0], values.Select(v => Math.Sign(v)));
    }

    [Fact]
    public void A_constant_is_tuned_and_keeps_its_form()
    {
        var model = OneLayer.Model(In, Out, bias: true).Edit();
        var values = Matrices.Weights(1, 96, 1, 1).Values;
        model.SetInitializer("gain", Tensor.Of(values.AsSpan(), 96));
        var rounded = new RoundedLayer.Converted(new ConstantLayer("gain", "gain", [96]), new Candidate.Half());
        var tuned = new TunedConstant(model.ToModel(), rounded);
        Assert.Equal(values, ((RoundedLayer.Converted)tuned.Finish()).Values!.Floats.ToArray());

        tuned.Accept(new Dictionary<string, Tensor> { ["gain"] = Tensor.Of(Enumerable.Repeat(2f, 96).ToArray().AsSpan(), 96) });
        tuned.Step(SmallStep);
        var ended = (RoundedLayer.Converted)tuned.Finish();
        Assert.IsType<Candidate.Half>(ended.Candidate);
        Assert.Equal([96], ended.Values!.Shape);
        var unit = Math.Sqrt(values.Average(v => (double)v * v));
        for (var i = 0; i < 96; i++) Assert.Equal(values[i] - (0.01 * unit), ended.Values.Floats[i], 1e-5);
        // It goes on where it was.
        Assert.Equal(ended.Values.Floats.ToArray(), new TunedConstant(model.ToModel(), ended).Values().Single().Value.Floats.ToArray());
        var simulated = SimulatedWeights.Values(model.ToModel(), ended).Single().Value.Floats.ToArray();
        Assert.Equal(ended.Values.Floats.ToArray().Select(v => (float)(Half)v), simulated);
    }

    [Fact]
    public void Untouched_layers_end_as_they_began()
    {
        foreach (var gradients in new[] { null, Gradients(Matrices.Weights(Out, In, 8)) })
        {
            foreach (var rounded in new RoundedLayer[] { Dense(), Mixed(), Pair() })
            {
                var ended = TunedLayer.Of(OneLinear, rounded, gradients)!.Finish();
                Assert.Equal(SimulatedWeights.Values(OneLinear, rounded).Select(v => v.Value.Bytes.ToArray()), SimulatedWeights.Values(OneLinear, ended).Select(v => v.Value.Bytes.ToArray()));
                Assert.Same(rounded.Candidate, ended.Candidate);
                Assert.Same(rounded.Layer, ended.Layer);
            }
        }
    }

    [Fact]
    public void Values_are_those_of_the_simulated_weights_where_the_bias_is_a_half()
    {
        foreach (var rounded in new RoundedLayer[] { Dense(), Mixed(), Pair() })
        {
            var (tuned, simulated) = (TunedLayer.Of(OneLinear, rounded)!.Values().ToList(), SimulatedWeights.Values(OneLinear, rounded).ToList());
            Assert.Equal(simulated.Select(v => v.Name), tuned.Select(v => v.Name));
            Assert.Equal(simulated.Select(v => v.Value.Bytes.ToArray()), tuned.Select(v => v.Value.Bytes.ToArray()));
            Assert.Equal(simulated.Select(v => v.Value.Shape), tuned.Select(v => v.Value.Shape));
        }
    }

    [Fact]
    public void What_costs_no_bytes_is_tunable_and_nothing_else()
    {
        Assert.All(new RoundedLayer[] { Dense(), Mixed(), Pair() }, r => Assert.True(TunedLayer.IsTunable(r)));
        Assert.True(IsTunable(new Candidate.Half(), 96));
        Assert.True(IsTunable(new Candidate.Single(), 1, 1, 96));
        Assert.False(IsTunable(new Candidate.Rows8(), 96));
        Assert.False(IsTunable(new Candidate.Half(), 1, 50, 96));
        Assert.False(TunedLayer.IsTunable(new RoundedLayer.Converted(Linear, new Candidate.Half())));
        Assert.Null(TunedLayer.Of(OneLinear, new RoundedLayer.Converted(Linear, new Candidate.Half())));

        static bool IsTunable(Candidate candidate, params long[] shape) => TunedLayer.IsTunable(new RoundedLayer.Converted(new ConstantLayer("c", "c", shape), candidate));
    }

    private static void GradientsAgree(TunedLinear layer, params TunedMatrix[] matrices)
    {
        foreach (var matrix in matrices)
        {
            for (var g = 0; g < matrix.Growth.Length; g++) matrix.Growth.Values[g] = 0.05f * ((g % 5) - 2);
        }

        var error = new Quadratic(Weight(layer), 4);
        layer.Accept(Gradients(error.Gradient(Weight(layer))));
        foreach (var matrix in matrices)
        {
            var groups = Enumerable.Range(0, matrix.Growth.Length).Where(g => g % 3 == 0).ToList();
            Quadratic.AssertClose(
                groups.ConvertAll(g => Quadratic.Difference(by => matrix.Growth.Values[g] += by, () => error.Error(Weight(layer)))),
                groups.ConvertAll(g => (double)matrix.Growth.Gradient[g]));
            if (matrix.Codes is not { } codes) continue;
            var slopes = (float[])codes.Slopes(0, 0).Clone();
            var some = Enumerable.Range(0, 900).Where(k => k % 23 == 0).ToList();
            Quadratic.AssertClose(some.ConvertAll(k => Quadratic.Difference(by => codes.Move(k, by), () => error.Error(Weight(layer)), 3e-2f)), some.ConvertAll(k => (double)slopes[k]));
        }
    }

    private static void AssertFell(double[] gradient, QuantizedMatrix before, QuantizedMatrix after)
    {
        var change = after.Dequantize().Values.Zip(before.Dequantize().Values, (a, b) => (double)a - b).ToArray();
        var top = before.Grids.Format.BitWidth.Levels - 1;
        var size = Math.Sqrt(gradient.Average(g => g * g));
        var inside = Enumerable.Range(0, gradient.Length).Where(k => before.Codes[k] > 0 && before.Codes[k] < top && Math.Abs(gradient[k]) > 0.5 * size).ToList();
        Assert.All(inside, k => Assert.True(change[k] * gradient[k] < 0, $"{k}: {change[k]} along {gradient[k]}"));
    }

    // Ŵ [out, in], as the graph's constant [in, out] holds it.
    private static Matrix<float> Weight(TunedLinear layer)
    {
        var (name, value) = layer.Values().First();
        Assert.Equal("w", name);
        Assert.Equal([In, Out], value.Shape);
        return new Matrix<float>(In, Out, value.Floats.ToArray()).Transpose();
    }

    private static Dictionary<string, Tensor> Gradients(Matrix<float> byWeight) => new() { ["w"] = Tensor.Of(byWeight.Transpose().Values.AsSpan(), In, Out) };

    private static TunedMatrix Matrix(QuantizedMatrix start, bool withCodes) => new(start, withCodes ? Matrices.Weights(start.Grids.Rows, start.Grids.Columns, 77) : null);

    private static RoundedLayer.Dense Dense()
    {
        var random = new Random(1);
        return new RoundedLayer.Dense(Linear, new Candidate.Dense(Grouped), OneLayer.RandomMatrix(Out, In, Grouped, random), OneLayer.RandomBias(Linear, random));
    }

    private static RoundedLayer.MixedRows Mixed() => OneLayer.RandomMixed(Linear, Grouped with { BitWidth = BitWidth.Two }, Grouped with { BitWidth = BitWidth.Four }, 15, new Random(2));

    private static RoundedLayer.LowRank Pair()
    {
        var random = new Random(3);
        return new RoundedLayer.LowRank(
            Linear,
            new Candidate.LowRank(Rank, Whole, Grouped),
            OneLayer.RandomMatrix(Out, Rank, Whole, random),
            OneLayer.RandomMatrix(Rank, In, Grouped, random),
            OneLayer.RandomBias(Linear, random));
    }
}
