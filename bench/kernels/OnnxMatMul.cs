using System.Numerics;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>A · B in ONNX Runtime on one thread, with B a constant of the model, as a layer's weight is.</summary>
internal sealed class OnnxMatMul<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly OrtValue input;
    private readonly OrtValue output;
    private readonly Matrix<T> result;

    public OnnxMatMul(Matrix<T> a, Matrix<T> b, Matrix<T> expected)
    {
        using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        session = new InferenceSession(MatMulModel.Encode(a, b), sessionOptions);
        result = new Matrix<T>(a.Rows, b.Columns);
        input = OrtValue.CreateTensorValueFromMemory(a.Values, [a.Rows, a.Columns]);
        output = OrtValue.CreateTensorValueFromMemory(result.Values, [result.Rows, result.Columns]);
        RequireEqual(expected, Run());
    }

    public Matrix<T> Run()
    {
        session.Run(options, ["a"], [input], ["c"], [output]);
        return result;
    }

    public void Dispose()
    {
        input.Dispose();
        output.Dispose();
        options.Dispose();
        session.Dispose();
    }

    /// <summary>A benchmark of a wrong result would be worthless.</summary>
    private static void RequireEqual(Matrix<T> expected, Matrix<T> actual)
    {
        for (var i = 0; i < expected.Values.Length; i++)
        {
            var difference = double.CreateChecked(T.Abs(expected.Values[i] - actual.Values[i]));
            if (!(difference < 1e-3)) throw new InvalidOperationException($"ONNX Runtime and Mlorq differ by {difference} at element {i}.");
        }
    }
}
