using BenchmarkDotNet.Attributes;
using MathNet.Numerics.LinearAlgebra.Double;
using Mlorq.Numerics;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>Products in double precision.</summary>
public class DoubleProductBenchmarks : IDisposable
{
    private Matrix<double> a = new(0, 0);
    private Matrix<double> b = new(0, 0);
    private Matrix<double> sum = new(0, 0);
    private DenseMatrix mathNetA = new(1);
    private DenseMatrix mathNetB = new(1);
    private double sign = 1;
    private OnnxMatMul<double>? onnx;

    [ParamsSource(nameof(Shapes))]
    public ProductShape Shape { get; set; } = new(0, 0, 0);

    public static IEnumerable<ProductShape> Shapes => ProductShape.Measured;

    [GlobalSetup]
    public void Setup()
    {
        a = RandomMatrix.Double(Shape.Rows, Shape.Depth, 1);
        b = RandomMatrix.Double(Shape.Depth, Shape.Columns, 2);
        sum = new Matrix<double>(a.Rows, b.Columns);
        mathNetA = new DenseMatrix(a.Rows, a.Columns, a.Transpose().Values);
        mathNetB = new DenseMatrix(b.Rows, b.Columns, b.Transpose().Values);
        onnx = new OnnxMatMul<double>(a, b, MatrixProduct.Multiply(a, b));
    }

    [Benchmark(Baseline = true)]
    public Matrix<double> Mlorq() => MatrixProduct.Multiply(a, b);

    /// <summary>Without allocating the result; the sum neither grows nor shrinks much over the runs.</summary>
    [Benchmark]
    public Matrix<double> MlorqInPlace()
    {
        sign = -sign;
        MatrixProduct.MultiplyAdd(
            sign, a.Values, a.Columns, Transposition.None, b.Values, b.Columns, Transposition.None,
            sum.Values, sum.Columns, a.Rows, b.Columns, a.Columns);
        return sum;
    }

    [Benchmark]
    public object OnnxRuntime() => onnx!.Run();

    [Benchmark]
    public object MathNet() => mathNetA * mathNetB;

    [GlobalCleanup]
    public void Dispose()
    {
        onnx?.Dispose();
        onnx = null;
        GC.SuppressFinalize(this);
    }
}
