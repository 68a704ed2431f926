using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Statistics;
using Mlorq.TestKit;

namespace Mlorq.Tests.Statistics;

public class CutMomentsTests
{
    private const int Width = 32;

    private static readonly Tensor[] X = [.. Enumerable.Range(0, 5).Select(b => RandomInputs.Floats(new Random(b), 4, 3, Width))];
    private static readonly Tensor[] Y = [.. Enumerable.Range(0, 5).Select(b => RandomInputs.Floats(new Random(50 + b), 4, 3, Width))];

    [Fact]
    public void Moments_of_one_value_have_the_bits_that_the_collector_finds()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, 3, Width).Weight("w", Width, 48).Output("y").Node("MatMul", "x,w", "y").Build());
        var calibration = new CalibrationSet([.. X.Select(x => new Dictionary<string, Tensor> { ["x"] = x })]);
        var expected = StatisticsCollector.Collect(model, [new MomentPair("x", "x", "x", Width)], calibration, new RunSettings())["x"];

        var moments = CutMoments.Collect(Width, X.Length, b => (X[b], X[b]), new RunSettings())!;

        foreach (var actual in new[] { moments.Original, moments.Compressed })
        {
            Assert.Equal(expected.Count, actual.Count);
            Assert.Equal(expected.Mean, actual.Mean);
            Assert.Equal(expected.Second.Values, actual.Second.Values);
        }

        Assert.Equal(expected.Second.Values, moments.Cross.Values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rows_of_the_cross_moments_are_the_original_value_and_columns_the_compressed_one(int threads)
    {
        var moments = CutMoments.Collect(Width, X.Length, b => (X[b], Y[b]), new RunSettings { Threads = threads })!;
        var (x, y) = (Rows(X), Rows(Y));
        Close.EqualInNorm(Matrices.FromMathNet(x.TransposeThisAndMultiply(y) / x.RowCount).Values, moments.Cross.Values, 1e-6);
        Close.EqualInNorm(Matrices.FromMathNet(y.TransposeThisAndMultiply(y) / y.RowCount).Values, moments.Compressed.Second.Values, 1e-6);
        Close.EqualInNorm((y.ColumnSums() / y.RowCount).ToArray(), moments.Compressed.Mean, 1e-6);
        Assert.Equal(60, moments.Original.Count);
    }

    [Fact]
    public void Other_numbers_of_rows_no_rows_and_values_that_are_no_numbers_say_nothing()
    {
        Assert.Null(CutMoments.Collect(Width, 5, b => (X[b], b == 2 ? RandomInputs.Floats(new Random(1), 1, 3, Width) : Y[b]), new RunSettings()));
        var empty = Tensor.Of(Array.Empty<float>().AsSpan(), 0, 3, Width);
        Assert.Null(CutMoments.Collect(Width, 2, _ => (empty, empty), new RunSettings()));
        var infinite = Tensor.Of(Y[0].Floats.ToArray().Select((v, i) => i == 7 ? float.PositiveInfinity : v).ToArray().AsSpan(), 4, 3, Width);
        Assert.Null(CutMoments.Collect(Width, 1, _ => (X[0], infinite), new RunSettings()));
    }

    private static MathNet.Numerics.LinearAlgebra.Matrix<double> Rows(Tensor[] batches)
    {
        var values = batches.SelectMany(b => b.Floats.ToArray()).ToArray();
        return new Matrix<float>(values.Length / Width, Width, values).ToMathNet();
    }
}
