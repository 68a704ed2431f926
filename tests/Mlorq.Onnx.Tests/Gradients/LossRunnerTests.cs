using MathNet.Numerics.LinearAlgebra;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>The squared error of h = tanh(x a) and y = h b, and its gradients, against the same in double precision.</summary>
public class LossRunnerTests
{
    // The runner sums in floats.
    private const double Rounding = 1e-5;

    // Central differences in double precision: their own error is about the square of the step.
    private const double Step = 1e-4;

    private static readonly Dictionary<string, double> Weights = new() { ["y"] = 0.3, ["h"] = 2.5 };
    private static readonly Model Layers = new GraphBuilder()
        .Input("x", null, 4).Weight("a", 4, 6).Weight("b", 6, 5).Weight("c", 4, 2).Output("y").Output("q")
        .Node("MatMul", "x,a", "s").Node("Tanh", "s", "h").Node("MatMul", "h,b", "y").Node("MatMul", "x,c", "q").Build(18);

    [Fact]
    public void The_value_is_the_weighted_sum_of_squared_errors()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        var sample = Sample.Of(3, 1);
        Close.Equal([sample.Value()], [runner.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted).Value], Rounding);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Gradients_agree_with_central_differences(int batch)
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        var sample = Sample.Of(batch, 2);
        var loss = runner.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted);
        Assert.Equal(["a", "b"], loss.Gradients.Keys.Order());
        Close.EqualInNorm(Differences(sample.A, a => (sample with { A = a }).Value()), Doubles(loss.Gradients["a"]), 1e-4);
        Close.EqualInNorm(Differences(sample.B, b => (sample with { B = b }).Value()), Doubles(loss.Gradients["b"]), 1e-4);
        Assert.Equal([4, 6], loss.Gradients["a"].Shape);
        Assert.Equal([6, 5], loss.Gradients["b"].Shape);
    }

    [Fact]
    public void A_target_without_weight_counts_nothing()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], new Dictionary<string, double> { ["y"] = 0, ["h"] = 2.5 });
        var sample = Sample.Of(2, 3);
        var loss = runner.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted);
        Close.Equal([sample.Value(ofY: 0)], [loss.Value], Rounding);
        Assert.All(loss.Gradients["b"].Floats.ToArray(), g => Assert.Equal(0, g));
    }

    [Fact]
    public void What_was_wanted_exactly_has_no_error_and_no_slope()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        var sample = Sample.Of(2, 4);
        var outputs = Execution(sample);
        var loss = runner.Run(sample.Inputs, sample.Parameters("a", "b"), outputs);
        Assert.InRange(loss.Value, 0, 1e-10);
        Assert.All(loss.Gradients.Values, g => Assert.All(g.Floats.ToArray(), v => Assert.InRange(v, -1e-4f, 1e-4f)));
    }

    [Fact]
    public void Parameters_that_no_target_depends_on_are_missing()
    {
        using var runner = new LossRunner(Layers, ["a", "c"], Weights);
        var sample = Sample.Of(2, 5);
        Assert.Equal(["a"], runner.Run(sample.Inputs, sample.Parameters("a", "c"), sample.Wanted).Gradients.Keys);

        using var behind = new LossRunner(Layers, ["a", "b"], new Dictionary<string, double> { ["h"] = 1 });
        Assert.Equal(["a"], behind.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted).Gradients.Keys);
    }

    [Fact]
    public void Where_no_parameter_matters_there_is_a_value_and_no_gradient()
    {
        var sample = Sample.Of(2, 6);
        var editor = Layers.Edit();
        foreach (var (name, value) in sample.Parameters("a", "b")) editor.SetInitializer(name, value);
        foreach (var parameters in new string[][] { [], ["c"] })
        {
            using var runner = new LossRunner(editor.ToModel(), parameters, Weights);
            var loss = runner.Run(sample.Inputs, sample.Parameters(parameters), sample.Wanted);
            Close.Equal([sample.Value()], [loss.Value], Rounding);
            Assert.Empty(loss.Gradients);
        }
    }

    [Fact]
    public void One_runner_takes_batches_of_different_shapes_in_any_order()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        foreach (var (batch, seed) in new[] { (1, 6), (5, 7), (1, 8), (2, 9), (5, 6) })
        {
            var sample = Sample.Of(batch, seed);
            Close.Equal([sample.Value()], [runner.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted).Value], Rounding);
            Close.Equal([sample.Value()], [runner.Evaluate(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted)], Rounding);
        }
    }

    [Fact]
    public void Evaluation_alone_gives_the_same_value()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        for (var seed = 10; seed < 20; seed++)
        {
            var sample = Sample.Of(3, seed);
            Assert.Equal(runner.Run(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted).Value, runner.Evaluate(sample.Inputs, sample.Parameters("a", "b"), sample.Wanted));
        }
    }

    [Fact]
    public void Several_threads_at_once_get_the_bits_of_one()
    {
        var samples = Enumerable.Range(0, 24).Select(i => Sample.Of(1 + (i % 3), 30 + i)).ToList();
        using var alone = new LossRunner(Layers, ["a", "b"], Weights);
        var expected = samples.ConvertAll(s => alone.Run(s.Inputs, s.Parameters("a", "b"), s.Wanted));
        using var shared = new LossRunner(Layers, ["a", "b"], Weights);
        var actual = new Loss[samples.Count];
        Parallel.For(0, samples.Count, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => actual[i] = shared.Run(samples[i].Inputs, samples[i].Parameters("a", "b"), samples[i].Wanted));
        for (var i = 0; i < samples.Count; i++)
        {
            Assert.Equal(expected[i].Value, actual[i].Value);
            foreach (var name in new[] { "a", "b" }) Assert.Equal(expected[i].Gradients[name].Bytes.ToArray(), actual[i].Gradients[name].Bytes.ToArray());
        }
    }

    [Fact]
    public void A_parameter_or_a_wanted_value_that_is_not_given_is_an_error()
    {
        using var runner = new LossRunner(Layers, ["a", "b"], Weights);
        var sample = Sample.Of(1, 1);
        Assert.Throws<KeyNotFoundException>(() => runner.Run(sample.Inputs, sample.Parameters("a"), sample.Wanted));
        Assert.Throws<KeyNotFoundException>(() => runner.Evaluate(sample.Inputs, sample.Parameters("a", "b"), new Dictionary<string, Tensor>()));
    }

    private static Dictionary<string, Tensor> Execution(Sample sample)
    {
        var editor = Layers.Edit();
        foreach (var (name, value) in sample.Parameters("a", "b")) editor.SetInitializer(name, value);
        editor.ExposeOutputs(["h"]);
        using var runner = Mlorq.Onnx.Execution.ModelRunner.Load(editor.ToModel());
        var outputs = runner.Run(sample.Inputs, ["h", "y"]);
        return new Dictionary<string, Tensor> { ["h"] = outputs[0], ["y"] = outputs[1] };
    }

    private static double[] Doubles(Tensor tensor) => Array.ConvertAll(tensor.Floats.ToArray(), v => (double)v);

    private static double[] Differences(Matrix<double> at, Func<Matrix<double>, double> error)
    {
        var result = new List<double>();
        for (var i = 0; i < at.RowCount; i++)
        {
            for (var j = 0; j < at.ColumnCount; j++)
            {
                var (above, below) = (at.Clone(), at.Clone());
                above[i, j] += Step;
                below[i, j] -= Step;
                result.Add((error(above) - error(below)) / (2 * Step));
            }
        }

        return [.. result];
    }

    private sealed record Sample(Matrix<double> X, Matrix<double> A, Matrix<double> B, Matrix<double> WantedH, Matrix<double> WantedY)
    {
        private static readonly Tensor Unread = Tensor.Of(new float[8], 4, 2);

        public Dictionary<string, Tensor> Inputs => new() { ["x"] = Of(X) };

        public Dictionary<string, Tensor> Wanted => new() { ["h"] = Of(WantedH), ["y"] = Of(WantedY) };

        public static Sample Of(int batch, int seed)
        {
            var random = new Random(seed);
            return new Sample(Random(batch, 4), Random(4, 6), Random(6, 5), Random(batch, 6), Random(batch, 5));

            // Floats, so that both sides start at the same numbers.
            Matrix<double> Random(int rows, int columns) => Matrix<double>.Build.Dense(rows, columns, (_, _) => (float)((random.NextDouble() * 2) - 1));
        }

        public Dictionary<string, Tensor> Parameters(params string[] names) => names.ToDictionary(n => n, n => n switch { "a" => Of(A), "b" => Of(B), _ => Unread });

        public double Value(double ofY = 0.3)
        {
            var h = (X * A).PointwiseTanh();
            return (2.5 * Square(h - WantedH)) + (ofY * Square((h * B) - WantedY));
        }

        private static double Square(Matrix<double> m) => m.PointwiseMultiply(m).RowSums().Sum();

        private static Tensor Of(Matrix<double> m) => Tensor.Of(Array.ConvertAll(m.ToRowMajorArray(), v => (float)v).AsSpan(), m.RowCount, m.ColumnCount);

    }
}
