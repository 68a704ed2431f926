using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>Moments of a value x of the original model and of what it is in the compressed one, x̂.</summary>
/// <param name="Original">E[x] and C = E[x xᵀ].</param>
/// <param name="Compressed">E[x̂] and Ĉ = E[x̂ x̂ᵀ].</param>
/// <param name="Cross">X = E[x x̂ᵀ], [in, in].</param>
internal sealed record CutMoments(InputMoments Original, InputMoments Compressed, Matrix<double> Cross)
{
    private static readonly string[] Outputs = ["original", "compressed", "cross", "original/sum", "compressed/sum"];

    /// <summary>Sums batches in order; ONNX Runtime multiplies, as for <see cref="StatisticsCollector"/>.</summary>
    /// <param name="width">Features of x.</param>
    /// <param name="batches">The number of batches.</param>
    /// <param name="values">x and x̂ of a batch, […, in].</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <returns>Null where they say nothing: no row reaches the value, x and x̂ have other numbers of rows (detections), or x̂ is not finite.</returns>
    public static CutMoments? Collect(int width, int batches, Func<int, (Tensor Original, Tensor Compressed)> values, RunSettings run)
    {
        using var runner = ModelRunner.Load(Products(width));
        int[] sizes = [width * width, width * width, width * width, width, width];
        var sums = Array.ConvertAll(sizes, size => new double[size]);
        var (rows, haveSameRows) = (0L, true);
        OrderedWork.Run(
            batches,
            run,
            b => Multiply(runner, width, values(b)),
            (_, products) =>
            {
                haveSameRows &= products is not null;
                if (products is null) return;
                rows += products[^1].Longs[0];
                for (var i = 0; i < sums.Length; i++) StatisticsCollector.Accumulate(sums[i], products[i].Floats);
            });
        if (rows == 0 || !haveSameRows || Array.Exists(sums, s => Array.Exists(s, v => !double.IsFinite(v)))) return null;
        foreach (var sum in sums)
        {
            for (var i = 0; i < sum.Length; i++) sum[i] /= rows;
        }

        return new CutMoments(Moments(sums[3], sums[0]), Moments(sums[4], sums[1]), new Matrix<double>(width, width, sums[2]));

        InputMoments Moments(double[] mean, double[] second) => new(rows, mean, new Matrix<double>(width, width, second));
    }

    private static IReadOnlyList<Tensor>? Multiply(ModelRunner runner, int width, (Tensor Original, Tensor Compressed) values)
    {
        if (values.Original.Count != values.Compressed.Count) return null;
        long[] shape = [values.Original.Count / width, width];
        var inputs = new Dictionary<string, Tensor> { ["x"] = values.Original.Reshape(shape), ["y"] = values.Compressed.Reshape(shape) };
        return [.. runner.Run(inputs, Outputs), Tensor.Of([shape[0]], 1)];
    }

    private static Model Products(int width)
    {
        long?[] shape = [null, width];
        ValueInfo[] inputs = [new("x", ElementType.Float, shape), new("y", ElementType.Float, shape)];
        var editor = Model.Create("moments", inputs, Outputs.Select(o => new ValueInfo(o, ElementType.Float, null)), 18).Edit();
        editor.SetInitializer("axis", Tensor.Of([0L], 1));
        editor.Nodes.Add(new Node("Transpose", "", ["x"], ["x/t"], [NodeAttribute.Ints("perm", 1, 0)]));
        editor.Nodes.Add(new Node("Transpose", "", ["y"], ["y/t"], [NodeAttribute.Ints("perm", 1, 0)]));
        editor.Nodes.Add(new Node("MatMul", "", ["x/t", "x"], [Outputs[0]]));
        editor.Nodes.Add(new Node("MatMul", "", ["y/t", "y"], [Outputs[1]]));
        editor.Nodes.Add(new Node("MatMul", "", ["x/t", "y"], [Outputs[2]]));
        editor.Nodes.Add(new Node("ReduceSum", "", ["x", "axis"], [Outputs[3]], [NodeAttribute.Int("keepdims", 0)]));
        editor.Nodes.Add(new Node("ReduceSum", "", ["y", "axis"], [Outputs[4]], [NodeAttribute.Int("keepdims", 0)]));
        return editor.ToModel();
    }
}
